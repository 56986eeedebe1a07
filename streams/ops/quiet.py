"""Warnings that strangers can cause: one line a minute for each reason, with how many there were."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REASONS_MAX = 64
OTHER = "other reasons"


@dataclass(slots=True)
class _Since:
    """What came since the last line of a reason. `named`: of the newest."""

    line_s: float
    count: int = 0
    named: dict[str, Any] = field(default_factory=dict)


class Quiet:
    """Lines of one event. The first of a reason is written at once; what comes within `again_s` is counted, and told
    by one line after it. For one thread. `clock`: seconds, monotonic."""

    def __init__(
        self, logger: Any, event: str, again_s: float = 60.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._logger, self._event, self._again_s, self._clock = logger, event, again_s, clock
        self._reasons: dict[str, _Since] = {}
        self._due_s = 0.0

    def warn(self, why: str, **named: Any) -> None:
        """Count one more of this reason. `named`: ids and places, never values; a line shows those of the newest.

        Reasons beyond `REASONS_MAX` are counted as one: they must be few, and a stranger may not make up more.
        """
        self.tick()
        since = self._reasons.get(why) or self._reasons.get(why := self._bounded(why))
        if since is None:
            self._write(why, 1, named)
            self._reasons[why] = _Since(self._clock())
            self._due_s = min(self._due_s, self._clock() + self._again_s)
        else:
            since.count += 1
            since.named = named

    def tick(self) -> None:
        """Write the lines that are due. Called by each `warn`; for a line when nothing more comes, by a timer too."""
        now_s = self._clock()
        if now_s < self._due_s:
            return
        for why, since in list(self._reasons.items()):
            if now_s - since.line_s < self._again_s:
                continue
            if not since.count:
                del self._reasons[why]
                continue
            self._write(why, since.count, since.named)
            self._reasons[why] = _Since(now_s)
        self._due_s = min((since.line_s for since in self._reasons.values()), default=now_s) + self._again_s

    async def run(self) -> None:
        """Write lines when they are due, until cancelled, also when nothing more comes."""
        while True:
            await asyncio.sleep(self._again_s / 6)
            self.tick()

    def close(self) -> None:
        """Write what was counted and not yet told: the process stops."""
        for why, since in self._reasons.items():
            if since.count:
                self._write(why, since.count, since.named)
        self._reasons.clear()

    def _bounded(self, why: str) -> str:
        return why if len(self._reasons) < REASONS_MAX - 1 else OTHER

    def _write(self, why: str, count: int, named: dict[str, Any]) -> None:
        self._logger.warning(self._event, why=why, count=count, **named)
