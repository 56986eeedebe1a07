"""What the engine does to the process it runs in, and what it asks of the world before it starts."""

import fcntl
import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams import log
from streams.engine.clients import SILENT
from streams.errors import Misconfigured, Unavailable
from streams.settings import Settings


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
def own(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for this process; the system lets go of it whatever way the process ends."""
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Misconfigured(
                f"another worker uses {state_dir}: give each its own STREAMS_STATE_DIR and STREAMS_WORKER_ID."
            ) from None
        yield


class _ToStructlog(logging.Handler):
    """Libraries' warnings, as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        log.get(record.name).log(record.levelno, "library", text=text[:500])


def quiet() -> None:
    """Of Faust, mode and aiokafka only warnings and worse; Faust alone writes hundreds of lines at start."""
    root = logging.getLogger()
    root.handlers[:] = [_ToStructlog()]
    root.setLevel(logging.WARNING)
