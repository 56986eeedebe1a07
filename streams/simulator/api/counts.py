"""Who asked for what how often: the figures by which a caller is judged."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Counts:
    """`again`: whole answers to a question that was answered whole before, the waste; `again_by`: those by endpoint.
    `peak_per_s`: most requests within any second. That there is none (404) is an answer."""

    endpoints: Counter[str] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)
    again_by: Counter[str] = field(default_factory=Counter)
    minted: int = 0
    peak_per_s: int = 0
    _times_s: deque[float] = field(default_factory=deque)

    def come(self, endpoint: str, user_id: str, now_s: float) -> int:
        """A request is here; answers how many there were within the last second, this one included."""
        self.endpoints[endpoint] += 1
        if user_id:
            self.users[user_id] += 1
        self._times_s.append(now_s)
        while self._times_s[0] <= now_s - 1:
            self._times_s.popleft()
        self.peak_per_s = max(self.peak_per_s, len(self._times_s))
        return len(self._times_s)

    @property
    def again(self) -> int:
        return self.again_by.total()

    def gone(self, endpoint: str, question: str, status: int, *, is_whole: bool) -> None:
        """It was answered. `question`: path and parameters."""
        self.statuses[status] += 1
        if is_whole and status in (200, 404):
            if question in self.answered:
                self.again_by[endpoint] += 1
            self.answered.add(question)

    def summary(self) -> dict[str, Any]:
        """For people and machines."""
        return {
            "requests": self.endpoints.total(),
            "answered": len(self.answered),
            "again": self.again,
            "again_by": dict(sorted(self.again_by.items())),
            "minted": self.minted,
            "peak_per_s": self.peak_per_s,
            "endpoints": dict(sorted(self.endpoints.items())),
            "statuses": {str(status): n for status, n in sorted(self.statuses.items())},
            "faults": {str(fault): n for fault, n in sorted(self.faults.items())},
            "users": dict(self.users),
        }
