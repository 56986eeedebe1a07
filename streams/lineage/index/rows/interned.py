"""Words that repeat, and pairs of them, as numbers. Pure.

Their number is bounded, and so is the memory that they take: what comes when all numbers are given away stands in each
row as it is, which costs room and nothing else.
"""

from collections.abc import Iterable
from typing import Any

from streams.lineage.index.rows.varints import number, number_at

Thing = str | tuple[str, ...]

MANY = 0xFFFF  # no thing has this number
_THINGS_MAX = 20_000


class Interned:
    """Things in the order of their numbers, as far as they are known."""

    def __init__(self, things: Iterable[Thing] = (), *, things_max: int = _THINGS_MAX) -> None:
        self._things: list[Thing] = list(things)
        self._numbers: dict[Thing, int] = {thing: number for number, thing in enumerate(self._things)}
        self._tokens: dict[str, bytes] = {}
        self._saved = len(self._things)
        self._max = min(things_max, MANY)

    def short(self, thing: Thing) -> int:
        """The number of a thing, a new one if need be; MANY once all are given away."""
        found = self._numbers.get(thing)
        if found is None:
            if len(self._things) >= self._max:
                return MANY
            self._things.append(thing)  # first: a reader may ask for a number as soon as it is known
            found = self._numbers[thing] = len(self._things) - 1
        return found

    def known(self, thing: Thing) -> int:
        """The number of a thing; MANY where it has none."""
        return self._numbers.get(thing, MANY)

    def thing(self, short: int) -> Any:
        """The thing of a number that is not MANY. Raises IndexError where there is none."""
        return self._things[short]

    def token(self, word: str) -> bytes:
        """A word in a value: its number, or its length below zero and the word."""
        found = self._tokens.get(word)
        if found is None:
            found = self._token(word)
        return found

    def _token(self, word: str) -> bytes:
        short = self.short(word)
        if short == MANY:
            data = word.encode()
            return number(-1 - len(data)) + data
        found = self._tokens[word] = number(short)
        return found

    def word_at(self, data: bytes, at: int) -> tuple[str, int]:
        """The word that `token` was given, and where it ends."""
        short, at = number_at(data, at)
        if short >= 0:
            return self._things[short], at  # type: ignore[return-value]  # because `token` takes words alone
        end = at - 1 - short
        return data[at:end].decode(), end

    def unsaved(self) -> list[tuple[int, Thing]]:
        """Numbers and things that were not there at the last `saved`."""
        return list(enumerate(self._things))[self._saved :]

    def saved(self) -> None:
        """All of `unsaved` is kept now."""
        self._saved = len(self._things)


def frozen(packed: Any) -> Any:
    """A thing that MessagePack made a list of."""
    return tuple(packed) if isinstance(packed, list) else packed
