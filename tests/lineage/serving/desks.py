"""A console on a free port: the real server, over an answerer of the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from streams.lineage.known import Reach
from streams.lineage.serving import server
from streams.lineage.serving.questions import DataQuery, WhyQuery
from streams.lineage.telling import Story, StoryStep
from streams.ops.settings import Settings

REACH = Reach(first_ms=1_000, as_of_ms=2_000, behind_s=0.5)


def settings(**more: Any) -> Settings:
    return Settings(_env_file=None, **more)


class Echo:
    """Answers with what it was asked. `trouble`: raised instead."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble
        self.asked: list[Any] = []

    def delivery(self, id: str, *, show_values: bool = False) -> Story:
        return self._story((id, show_values))

    def data(self, query: DataQuery) -> Story:
        return self._story(query)

    def why(self, query: WhyQuery) -> Story:
        return self._story(query)

    def reach(self) -> Reach:
        return REACH

    def _story(self, asked: Any) -> Story:
        self.asked.append(asked)
        if self.trouble:
            raise self.trouble
        step = StoryStep(kind="k", sentence="s", at_ms=7, evidence=("raw.summaries 3:1",), facts={"n": 1, "x": None})
        return Story(ending="found", sentence="there it is", steps=(step,), missing=("a part",), reaches_ms=1_000)


@asynccontextmanager
async def running(of: Settings, answerer: Any) -> AsyncIterator[str]:
    runner = web.AppRunner(server.build(of, answerer), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
