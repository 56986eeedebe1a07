"""What goes wrong at the fake, said beforehand: the next call that fits is answered so."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Mishap(StrEnum):
    """What happens to one call."""

    LOST = "lost"  # it has its effect, and the connection ends without an answer
    UNAUTHORIZED = "unauthorized"  # 401, no effect
    LIMITED = "limited"  # 429 with Retry-After, no effect
    BROKEN = "broken"  # 500, no effect
    CIRCLE = "circle"  # of a list: the next page is the first one, for ever


@dataclass(slots=True)
class _Expected:
    mishap: Mishap | Callable[[], None]
    method: str
    part: str
    times: int

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and method == self.method and self.part in path


class Trouble:
    """`met`: what has happened, in order."""

    def __init__(self) -> None:
        self.met: list[tuple[Mishap, str, str]] = []
        self._expected: list[_Expected] = []

    def expect(self, mishap: Mishap, method: str, part: str = "", times: int = 1) -> None:
        """For the next `times` calls of the method whose path holds `part`."""
        self._expected.append(_Expected(mishap, method, part, times))

    def after(self, change: Callable[[], None], method: str, part: str = "") -> None:
        """Somebody else edits: `change` is called once, after the next such call was answered."""
        self._expected.append(_Expected(change, method, part, 1))

    def take(self, method: str, path: str) -> Mishap | None:
        """What happens to this call, if anything."""
        for one in self._expected:
            if isinstance(one.mishap, Mishap) and one.fits(method, path):
                one.times -= 1
                self.met.append((one.mishap, method, path))
                return one.mishap
        return None

    def answered(self, method: str, path: str) -> None:
        """Edits that wait for this call are made."""
        for one in self._expected:
            if not isinstance(one.mishap, Mishap) and one.fits(method, path):
                one.times -= 1
                one.mishap()
