"""Run a worker: everything together, until a signal or a failure."""

import asyncio
import signal
import sys
from contextlib import suppress
from typing import Any

import faust
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from streams.engine.faust import pace, records, versions
from streams.engine.faust.app import App, Plan
from streams.engine.faust.collector import spare_the_collector
from streams.engine.faust.library_log import quiet
from streams.engine.faust.observer import Observer
from streams.engine.store import state_dir
from streams.kafka.login import sessions
from streams.kafka.ping import ping
from streams.kafka.refused import forbidden
from streams.ops import log
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings
from streams.ops.waiting import until_available

__all__ = ["App", "Plan", "run"]

# How long a thread keeps the interpreter while another one waits for it. Folds are pure Python in one thread. A commit,
# in its own thread, gives the interpreter away at each of some fifty calls of Kafka and RocksDB, and with Python's
# default of 5 ms it waited after each of them.
SWITCH_S = 0.0005
STOP_S = 20.0
FAILED_STOP_S = 3.0  # nothing is left to be committed, and the next start fences what may still be open

logger = log.get("engine")


def run(settings: Settings, plan: Plan) -> None:
    """Run folds on their topics until SIGTERM or SIGINT. Blocking.

    Source topics and changelogs must exist with one partition count (`admin.check_layout`).

    Raises Misconfigured, Unavailable, FoldFailed or Fenced; nothing uncommitted survives any of them.
    """
    versions.check()
    sys.setswitchinterval(SWITCH_S)
    records.install()
    pace.install()
    sessions.install()
    spare_the_collector()
    quiet()
    until_available("Kafka", lambda: ping(settings))
    with state_dir.own(settings.state_dir):
        state_dir.prepare(settings.state_dir, rebuild=plan.rebuild)
        asyncio.run(_run(settings, plan))


async def _run(settings: Settings, plan: Plan) -> None:
    app = App(settings, plan)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app.opened = asyncio.ensure_future(app.unit.open())
    starting = asyncio.ensure_future(app.start())
    stopping = asyncio.ensure_future(stop.wait())
    crashed = asyncio.ensure_future(_crash_of(app))
    loop = asyncio.get_running_loop()
    observer = Observer(
        app.unit, app.consumer, app.unit.tables, lambda *place: loop.call_soon_threadsafe(app.unit.read_again, *place)
    )
    observer.start()
    watched: set[asyncio.Future[Any]] = {starting, stopping, crashed, app.unit.failed, app.opened}
    failure: BaseException | None = None
    try:
        failure = await _first_failure(watched, stopping)
    finally:
        for task in (starting, stopping, crashed):
            task.cancel()
        observer.stop()
        await _stop(app, STOP_S if failure is None else FAILED_STOP_S)
    if failure:
        raise failure


async def _first_failure(watched: "set[asyncio.Future[Any]]", stopping: "asyncio.Future[Any]") -> BaseException | None:
    while not stopping.done():
        done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if error := task.exception():
                return error if isinstance(error, StreamsError) else _lacks(error) or _Crashed.of(error)
    return None


class _Crashed(StreamsError):
    """A library raised an error that the engine does not handle."""

    @classmethod
    def of(cls, error: BaseException) -> "_Crashed":
        # Its text is left out: libraries quote what they were given.
        crashed = cls(f"the worker stopped: {type(error).__name__}. Nothing uncommitted was kept; restarting is safe.")
        crashed.__cause__ = error
        return crashed


def _lacks(error: BaseException) -> StreamsError | None:
    """What Kafka did not let aiokafka do, with the topics or the group that it names."""
    if not isinstance(error, GroupAuthorizationFailedError | TopicAuthorizationFailedError):
        return None
    named = error.args[0] if error.args else ""
    return forbidden(f"reading {named if isinstance(named, str) else ', '.join(sorted(named))}", error.errno)


async def _crash_of(app: faust.App) -> None:
    await app.wait_until_stopped()
    if app.crash_reason:
        raise app.crash_reason


async def _stop(app: App, each_s: float) -> None:
    logger.info("stopping")
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(app.stop(), each_s)
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(app.unit.close(), each_s)
