"""Every form once, each on a connection of its own, and what became of it."""

import asyncio
import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from tests.attack.forms import Form, Right, forms
from tests.attack.wire import Tally, connect

ANSWER_S = 3.0
_AT_ONCE = 32
# What says of a request that its form, its method or its size is not taken; 408 of one that had no end.
FORM_REFUSED = {"400", "405", "408", "411", "413", "414", "417", "421", "426", "431", "501", "505"}
STRANGER = FORM_REFUSED | {"401", "404"}


class Outcome(NamedTuple):
    """`statuses`: all that came on this connection, then `closed` or `waits`."""

    form: str
    inner: str
    right: Right
    statuses: list[str]

    def problem(self, seen: Collection[str] | None = None) -> str:
        """What is wrong with it; "" if nothing. `seen`: ids of what nginx took for requests; None: there is no nginx.

        What nginx passes on has a form of its own, so behind it only one thing is forbidden: two where nginx saw one.
        """
        finals = [status for status in self.statuses if status.isdigit() and status != "100"]
        is_strict = self.right is Right.REFUSED and seen is None
        allowed = FORM_REFUSED if is_strict else STRANGER
        if self.right is Right.TWO or self.inner in (seen or ()):
            allowed = allowed | {"204"}
        if self.right is Right.TWO and finals[-1:] != ["204"]:
            return f"legal and refused: {self.said}"
        if set(finals) - allowed:
            return f"answered {self.said}"
        if len(finals) > 1 and is_strict:
            return f"answered twice: {self.said}"
        if not finals and "waits" in self.statuses and self.right is not Right.OPEN:
            return "neither answered nor closed"
        return ""

    @property
    def said(self) -> str:
        return " ".join(self.statuses)


async def outcomes(target: tuple[str, int], sources: Sequence[str], seconds: float = 0.0) -> list[Outcome]:
    """Of all forms, tried again until the time is over; of each the first that is wrong, or else the last.

    From several addresses: refusals of one are held back where they are many.
    """
    loop = asyncio.get_running_loop()
    turns = itertools.cycle(sources)
    until_s, found = loop.time() + seconds, await _once(target, turns)
    while loop.time() < until_s:
        again = await _once(target, turns)
        found = [old if old.problem() else new for old, new in zip(found, again, strict=True)]
    return found


async def _once(target: tuple[str, int], sources: Iterator[str]) -> list[Outcome]:
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(form: Form) -> Outcome:
        async with at_once:
            return Outcome(form.name, form.inner, form.right, await _try(form, target, next(sources)))

    return list(await asyncio.gather(*(one(form) for form in forms())))


async def _try(form: Form, target: tuple[str, int], source: str) -> list[str]:
    wire = await connect(target, source, Tally())
    if wire is None:
        return ["no connection"]
    await wire.send(form.request)
    await wire.wait_answer(ANSWER_S)
    has_ended = await wire.wait(0.3)  # for a second answer
    statuses = [*wire.statuses, "closed" if has_ended else "waits"]
    wire.leave()
    return statuses
