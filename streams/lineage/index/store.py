"""The index on disk with what every reader and writer of it has in memory: its interned words, its oldest day."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from streams.lineage.index.database import IndexDatabase
from streams.lineage.index.rows import keys
from streams.lineage.index.rows.interned import Interned, frozen

CUT_KEY = keys.NOTE + b"cut"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class IndexStore:
    """`interned`: words and numbers, as in the database and beyond. `cut`: there is no day before it."""

    def __init__(self, folder: Path) -> None:
        """In a folder that is ours. Raises IndexFull, Misconfigured."""
        self.database = IndexDatabase(folder)
        self.reload()

    def reload(self) -> None:
        """As the database is now: after a write that failed, or when it was made anew."""
        self.interned = Interned(frozen(_decode(value)) for _, value in self.database.prefixed(keys.WORD))
        raw = self.database.get(CUT_KEY)
        self.cut = 0 if raw is None else int(raw)

    def oldest_day(self) -> int | None:
        """The oldest day that has rows, since 1970; None where there are none."""
        first = keys.of_day(keys.ROW, self.cut)
        key = next((key for key, _ in self.database.scan(first, keys.end_of(keys.ROW))), None)
        return None if key is None else keys.day_in(key)

    def oldest_beside(self) -> int | None:
        """The oldest day that has dead letters or alerts; None where there are none."""
        found = [next(self.database.scan(family, keys.end_of(family)), None) for family in (keys.LETTER, keys.ALERT)]
        return min((keys.day_in(row[0]) for row in found if row is not None), default=None)

    def bytes_beside(self) -> int:
        """Of files that hold nothing but dead letters and alerts: where these are many, nearly all of theirs."""
        return sum(size for first, last, size in self.database.files() if keys.is_beside(first, last))

    def compact_before(self, day: int, families: Iterable[bytes]) -> None:
        """Give the room of dropped days back at once. Takes about a second for 100 MB. Raises IndexFull."""
        for family in families:
            self.database.compact(keys.of_day(family, 0), keys.of_day(family, day))

    def remake(self) -> None:
        """Forget everything."""
        self.database.remake()
        self.reload()

    def close(self) -> None:
        self.database.close()


def word_row(number: int, thing: object) -> tuple[bytes, bytes]:
    """Key and value of an interned thing."""
    return keys.WORD + number.to_bytes(2, "big"), _encode(thing)
