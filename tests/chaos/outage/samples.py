"""What is looked at once a second."""

import asyncio
import time
from dataclasses import dataclass, field

import psutil

from tests.chaos.outage.sender import Sender
from tests.chaos.outage.stage import Stage

EVERY_S = 1.0


@dataclass(frozen=True)
class Sample:
    """One second. `answers`: how many of each outcome; `waiting`: deliveries without a 2xx."""

    at_s: float
    is_ready: bool
    rss_mib: float
    open_files: int
    waiting: int
    answers: dict[str, int]


@dataclass
class Samples:
    """`marks`: what happened when, in seconds since the begin. `overload`: refusals by topic.
    `waiting_bytes`: what the gateway says at the end that waits for Kafka."""

    stage: Stage
    sender: Sender
    rows: list[Sample] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)
    overload: dict[str, int] = field(default_factory=dict)
    waiting_bytes: int = -1
    began_s: float = field(default_factory=time.monotonic)

    def mark(self, name: str) -> None:
        self.marks[name] = time.monotonic() - self.began_s

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.rows.append(await self._sample())
            await asyncio.sleep(EVERY_S)

    async def _sample(self) -> Sample:
        is_ready = await self.stage.is_ready()
        answers, self.sender.now = dict(self.sender.now), type(self.sender.now)()
        rss, files = _use(self.stage.processes)
        return Sample(time.monotonic() - self.began_s, is_ready, rss / 2**20, files, self.sender.waiting, answers)

    def after(self, mark: str, *, is_ready: bool) -> float | None:
        """Seconds from a mark to the first sample after it that says so."""
        begin_s = self.marks[mark]
        return next((row.at_s - begin_s for row in self.rows if row.at_s > begin_s and row.is_ready == is_ready), None)


def _use(processes: list[psutil.Process]) -> tuple[int, int]:
    """Memory in bytes and open files, together."""
    rss = files = 0
    for one in processes:
        try:
            rss, files = rss + one.memory_info().rss, files + one.num_fds()
        except psutil.Error:
            continue  # it was killed, and another one starts
    return rss, files
