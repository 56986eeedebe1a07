"""What the engine does to the process it runs in, and what it asks of the world before it starts."""

import fcntl
import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.kafka.clients import SILENT
from streams.ops import log, private
from streams.ops.errors import Misconfigured, Unavailable, place
from streams.ops.settings import Settings

REPEAT_S = 10.0  # how long a library's warning is not written again
KINDS_MAX = 500  # of warnings that are remembered
READABLE = "other users of this host can read health data in it: chmod -R go= makes it yours alone"

logger = log.get("state")


def ping(settings: Settings) -> None:
    """Ask Kafka for anything. Raises Misconfigured without an address, Unavailable without an answer within 5 s."""
    if not settings.bootstrap_servers:
        raise Misconfigured("STREAMS_BOOTSTRAP_SERVERS is not set: the Kafka brokers, as host:port,host:port.")
    try:
        AdminClient(settings.librdkafka | SILENT).list_topics(timeout=5)
    except KafkaException as error:
        raise Unavailable(f"no Kafka at {settings.bootstrap_servers}: {error.args[0].name()}") from None


def spare_the_collector() -> None:
    """Drafts hold many long-lived tuples and no cycles: Python's default looks at them all again every 700 of them.

    What was imported stays, and is not looked at again.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


@contextmanager
def usable(state_dir: Path) -> Iterator[None]:
    """What the system refuses, as Misconfigured."""
    try:
        yield
    except OSError as error:
        raise Misconfigured(
            f"the state directory {state_dir} cannot be used: {error.strerror}. Set STREAMS_STATE_DIR to a directory "
            "that this user may write to, on a disk with room."
        ) from None


@contextmanager
def own(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for this process; the system lets go of it whatever way the process ends.

    Raises Misconfigured when another process has it, or it cannot be written to.
    """
    with usable(state_dir):
        state_dir.mkdir(parents=True, exist_ok=True)
        lock = (state_dir / "lock").open("w")
        if private.is_open(state_dir):  # of an older version; or somebody means it, so nothing is changed
            logger.warning("state_readable", folder=str(state_dir), why=READABLE)
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Misconfigured(
                f"another worker uses {state_dir}: give each its own STREAMS_STATE_DIR and STREAMS_WORKER_ID."
            ) from None
        yield


class ToStructlog(logging.Handler):
    """Libraries' warnings, as lines of ours. The same one again within REPEAT_S is counted, not written: while a broker
    is away, aiokafka says so forty times a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}  # → when it was written, how often it came since

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or count it. The same: of one logger, with one text before its values are put in."""
        kind, now_s = (record.name, str(record.msg)), self._clock()
        at_s, again = self._said.get(kind, (now_s - REPEAT_S, 0))
        if now_s < at_s + REPEAT_S:
            self._said[kind] = (at_s, again + 1)
            return
        if len(self._said) >= KINDS_MAX:
            self._said.clear()
        self._said[kind] = (now_s, 0)
        more: dict[str, Any] = {"repeated": again} if again else {}
        if record.exc_info and record.exc_info[1]:  # its text is left out: libraries quote what they were given
            more |= {"error": type(record.exc_info[1]).__name__, "at": place(record.exc_info[1])}
        log.get(record.name).log(_level(record, again), "library", text=record.getMessage()[:500], **more)


_TRIED_AGAIN = {"Marking the coordinator dead (node %s)for group %s."}  # aiokafka's: it looks for the coordinator anew


def _level(record: logging.LogRecord, again: int) -> int:
    """A library's level, except for what it will try again: news at first, a warning if it lasts.

    The first group of a new Kafka has no coordinator for a moment, which aiokafka calls an error.
    """
    values = record.args if isinstance(record.args, tuple) else ()
    is_tried_again = record.msg in _TRIED_AGAIN or any(getattr(one, "retriable", False) for one in values)
    return record.levelno if not is_tried_again else logging.WARNING if again else logging.INFO


def quiet() -> None:
    """Of Faust, mode and aiokafka only warnings and worse; Faust alone writes hundreds of lines at start."""
    root = logging.getLogger()
    root.handlers[:] = [ToStructlog()]
    root.setLevel(logging.WARNING)
