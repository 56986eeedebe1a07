"""`junction-streams lineage serve`: keeps the index and answers, until a signal stops it."""

import asyncio
import os
import signal

from aiohttp import web

from streams.lineage.index.opening import KeptIndex, open_index
from streams.lineage.serving.answers import Helpers, Troubles, open_answerer
from streams.lineage.serving.questions import Answerer
from streams.lineage.serving.server import KEEPALIVE_S, build
from streams.lineage.words import moment
from streams.ops import addresses, log
from streams.ops.errors import Misconfigured
from streams.ops.settings import MIB, Settings

WATCH_EVERY_S = 1.0
TELL_EVERY = 10  # of those, while it catches up
BEHIND_S = 5.0  # from then on it has caught up

logger = log.get("lineage")


def run(settings: Settings, helpers: Helpers) -> None:
    """Block until SIGTERM or Ctrl-C. Answers come from the first moment on, and say how far the index reaches.

    Raises Misconfigured for wrong settings, a port or a folder that another process has; Unavailable, of its disk.
    """
    check(settings)
    settings.need_kafka()
    with (
        open_index(settings) as index,
        open_answerer(settings, index, helpers, lambda: _troubles(index)) as answerer,
    ):
        asyncio.run(_serve(settings, index, answerer))
    logger.info("stopped")


def _troubles(index: KeptIndex) -> Troubles:
    state = index.state()
    return Troubles(state.trouble, state.care_trouble)


def check(settings: Settings) -> None:
    """Raises Misconfigured where others could ask without a token."""
    if not addresses.is_loopback(settings.console_host) and not settings.query_token.get_secret_value():
        raise Misconfigured(
            f"STREAMS_CONSOLE_HOST={settings.console_host} lets others ask what came of whom: set STREAMS_QUERY_TOKEN, "
            "or bind it to 127.0.0.1"
        )


async def _serve(settings: Settings, index: KeptIndex, answerer: Answerer) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        build(settings, answerer), access_log=None, handle_signals=False, keepalive_timeout=KEEPALIVE_S
    )
    await runner.setup()
    try:
        await _listen(settings, runner)
        logger.info("serving", address=_address(runner), folder=str(settings.lineage_dir))
        await _watch(index, stop)
    finally:
        await runner.cleanup()


async def _listen(settings: Settings, runner: web.AppRunner) -> None:
    try:
        await web.TCPSite(runner, settings.console_host, settings.console_port).start()
    except OSError as taken:
        where, why = f"{settings.console_host}:{settings.console_port}", os.strerror(taken.errno or 0)
        raise Misconfigured(
            f"cannot listen on {where} ({why}): is another console there? Set "
            "STREAMS_CONSOLE_HOST or STREAMS_CONSOLE_PORT to an address that is free"
        ) from None


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def _watch(index: KeptIndex, stop: asyncio.Event) -> None:
    """Tell how far the index is while it catches up, and once it has. Why it waits, if it does, it tells itself."""
    watcher = _Watcher(index)
    while not stop.is_set():
        await asyncio.to_thread(watcher.look)
        try:
            await asyncio.wait_for(stop.wait(), WATCH_EVERY_S)
        except TimeoutError:
            continue


class _Watcher:
    """What was told of the index last."""

    def __init__(self, index: KeptIndex) -> None:
        self._index = index
        self._looks_behind, self._is_behind = 0, True

    def look(self) -> None:
        state, reach = self._index.state(), self._index.reach()
        if reach.as_of_ms and reach.behind_s <= BEHIND_S:
            if self._is_behind:
                mib = state.bytes_on_disk // MIB
                logger.info(
                    "index_is_current", since=moment(reach.first_ms), mib=mib, unreadable=state.records_unreadable
                )
            self._is_behind, self._looks_behind = False, 0
            return
        self._is_behind = True
        self._looks_behind += 1
        if self._looks_behind % TELL_EVERY == 0 and not state.trouble:
            logger.info("index_catches_up", read=f"{state.share:.1%}", as_of=moment(reach.as_of_ms))
