"""All checks side by side: one that hangs holds nobody up, and is told after its time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from streams.ops.errors import Misconfigured, StreamsError, Unavailable, place
from streams.ops.lines import Line, State, look_at, silent, wrong

Look = Callable[[], list[Line]]
Told = Callable[[str], None]
PROGRESS_S = 1.0  # a check that takes longer is named while it is waited for


class Check(NamedTuple):
    """`about`: what is looked at. `needs`: what has to be right first; this one begins when that has answered."""

    about: str
    look: Look
    limit_s: float
    needs: str = ""


def examine(checks: Sequence[Check], waiting: Told) -> Iterator[Line]:
    """The lines of each check, in order. `waiting`: is told what is waited for, and for how long at most."""
    begun = {check: _Running(check) for check in checks if not check.needs}
    skipped: list[str] = []
    for check in checks:
        if check not in begun:
            skipped.append(check.about)
            continue
        lines = begun[check].lines(waiting)
        yield from lines
        if lines and lines[0].state not in (State.WRONG, State.SILENT):
            begun |= {one: _Running(one) for one in checks if one.needs == check.about and one not in begun}
    if skipped:
        yield look_at("the rest", f"was not asked for: {', '.join(skipped)}", "mend what is above, and run this again")


class _Running:
    """A thread of its own for each: an executor would wait for one that hangs when the program ends."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._until_s = time.monotonic() + check.limit_s
        self._future: Future[list[Line]] = Future()
        threading.Thread(target=self._run, name=f"doctor-{check.about}", daemon=True).start()

    def _run(self) -> None:
        try:
            self._future.set_result(self._check.look())
        except BaseException as error:  # told by `lines`
            self._future.set_exception(error)

    def lines(self, waiting: Told) -> list[Line]:
        about = self._check.about
        try:
            return self._result(waiting)
        except Misconfigured as error:
            return [wrong(about, str(error), "")]
        except Unavailable as error:
            return [silent(about, str(error))]
        except StreamsError as error:
            return [wrong(about, str(error), "")]
        except TimeoutError:
            return [
                silent(about, f"nothing within {self._check.limit_s:.0f} s", "look whether a firewall drops packets")
            ]
        except Exception as error:  # its text may hold what nobody is to read
            found = f"could not be looked at: {type(error).__name__} at {place(error)}"
            return [wrong(about, found, "please report it")]

    def _result(self, waiting: Told) -> list[Line]:
        try:
            return self._future.result(timeout=min(PROGRESS_S, self._left_s()))
        except TimeoutError:
            if self._future.done() or not self._left_s():
                raise
        waiting(f"waiting for {self._check.about}, {self._left_s():.0f} s at most")
        return self._future.result(timeout=self._left_s())

    def _left_s(self) -> float:
        return max(self._until_s - time.monotonic(), 0.0)
