"""Words that repeat, and groups of them, as numbers. Pure.

Their number is bounded, and so is the memory that they take: what comes when all numbers are given away stands in each
row as it is, which costs room and nothing else.
"""

from collections.abc import Iterable
from typing import Any

Thing = str | tuple[Any, ...]
Number = int | Thing  # a thing by its number, or itself

MANY = 0xFFFF  # no thing has this number
_THINGS_MAX = 20_000


class Interned:
    """Things in the order of their numbers, as far as they are known."""

    def __init__(self, things: Iterable[Thing] = (), *, things_max: int = _THINGS_MAX) -> None:
        self._things: list[Thing] = list(things)
        self._numbers: dict[Thing, int] = {thing: number for number, thing in enumerate(self._things)}
        self._saved = len(self._things)
        self._max = min(things_max, MANY)

    def number(self, thing: Thing) -> Number:
        """The number of a thing, a new one if need be; the thing itself once all are given away."""
        found = self._numbers.get(thing)
        if found is not None:
            return found
        if len(self._things) >= self._max:
            return thing
        self._things.append(thing)  # first: a reader may ask for a number as soon as it is known
        self._numbers[thing] = len(self._things) - 1
        return len(self._things) - 1

    def short(self, thing: Thing) -> int:
        """The number of a thing; MANY once all are given away."""
        found = self.number(thing)
        return found if isinstance(found, int) else MANY

    def known(self, thing: Thing) -> int:
        """The number of a thing; MANY where it has none."""
        return self._numbers.get(thing, MANY)

    def thing(self, packed: Any) -> Any:
        """What `number` was given, of what it gave, also after MessagePack made lists of it."""
        return self._things[packed] if isinstance(packed, int) else frozen(packed)

    def unsaved(self) -> list[tuple[int, Thing]]:
        """Numbers and things that were not there at the last `saved`."""
        return list(enumerate(self._things))[self._saved :]

    def saved(self) -> None:
        """All of `unsaved` is kept now."""
        self._saved = len(self._things)

    def __iter__(self) -> Any:
        return iter(tuple(self._things))


def frozen(packed: Any) -> Any:
    """Lists as tuples, at any depth."""
    return tuple(map(frozen, packed)) if isinstance(packed, list) else packed
