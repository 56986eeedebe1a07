"""A record of `junction.lineage` as the bytes of the index, without a `LineageRow` in between. Pure.

A test holds that the bytes are those of `packed` and `hours` for the rows of `columns.rows_of`. Columns stay bytes, as
Avro has them, and C joins them: a quarter of the time, so that an index of ten million rows is made again in minutes.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, repeat
from typing import Any, NamedTuple

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.columns import NAMES_MAX
from streams.lineage.index.rows import compact, keys
from streams.lineage.index.rows.hours import NEW, HourShare, delay_ms
from streams.lineage.index.rows.interned import Interned
from streams.lineage.index.rows.packed import owner_digest
from streams.lineage.index.rows.sketch import register
from streams.lineage.index.rows.varints import number
from streams.lineage.index.rows.wire import NO_NUMBERS, NumberColumn, TextColumn

NONE = b"\0"


class Owner(NamedTuple):
    """What keys and values hold of an owner. `prefix`, `register`: of its digest."""

    digest: bytes
    prefix: bytes
    packed: bytes
    register: int


@lru_cache(maxsize=1 << 15)
def owner_of(owner_id: str) -> Owner:
    """Of an owner's id."""
    digest = owner_digest(owner_id)
    return Owner(digest, digest[: keys.OWNER_BYTES], compact.uuid(owner_id.encode()), register(digest))


class QuickRows(NamedTuple):
    """Column by column, an entry a row. `owners`: digests; `shares`: what each adds to its hour."""

    row_keys: list[bytes]
    id_keys: list[bytes]
    values: list[bytes]
    owners: list[bytes]
    shares: list[HourShare]


class _Made(dict[Any, Any]):
    """What `make` makes of a key, once."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        found = self[key] = self._make(key)
        return found


class QuickRecord:
    """One record: its columns, as `wire.split` gives them, as rows."""

    def __init__(self, columns: Mapping[str, Any], partition: int, interned: Interned) -> None:
        self._columns = columns
        self._partition = partition
        self._interned = interned
        self.processed_ms: int = columns["processed_at"]
        self._words: list[str] = [text.decode() for text in columns["words"].texts()]
        self._n = columns["delivery_ids"].n
        self._token = _Made(lambda place: interned.token(self._word(place))).__getitem__
        self._owner = _Made(lambda place: owner_of(self._word(place))).__getitem__

    def rows(self) -> QuickRows:
        """All of them. Raises ValueError for columns that do not fit each other."""
        try:
            return self._rows()
        except (IndexError, KeyError, TypeError, AttributeError, OverflowError, struct.error):
            raise ValueError("columns that do not fit each other") from None

    def _rows(self) -> QuickRows:
        owners = list(map(self._owner, self._numbers("owners")))
        deliveries = self._ids("delivery_ids", compact.all_svix, compact.delivery)
        heads, tails = self._keys(owners)
        row_keys = list(map(heads[0].__add__, tails))
        prefixes = map(compact.delivery_prefix, deliveries)
        id_keys = list(map(b"".join, zip(repeat(heads[1]), prefixes, tails, strict=False)))
        values = list(map(b"".join, zip(*self._values(deliveries, owners), strict=False)))
        if len(values) != self._n:
            raise ValueError("columns of different length")
        return QuickRows(row_keys, id_keys, values, [one.digest for one in owners], self._shares(owners))

    def _word(self, place: int) -> str:
        if place < 0:
            raise IndexError
        return self._words[place]

    def _numbers(self, name: str) -> Sequence[int]:
        return self._column(name).numbers()

    def _column(self, name: str) -> NumberColumn:
        column: NumberColumn = self._columns.get(name, NO_NUMBERS)
        if column.n == self._n:
            return column
        if column.n:
            raise ValueError("columns of different length")
        return NumberColumn(bytes(self._n), self._n)

    def _tokens(self, name: str) -> Iterable[bytes]:
        return self._column(name).tokens()

    def _word_tokens(self, name: str) -> Iterable[bytes]:
        return map(self._token, self._numbers(name))

    def _ids(
        self, name: str, together: Callable[[bytes, int], list[bytes] | None], one: Callable[[bytes], bytes]
    ) -> list[bytes]:
        column: TextColumn = self._columns[name]
        found = together(column.region, column.n) if column.stride else None
        if found is not None:
            return found
        texts = column.texts()
        for text in texts:
            text.decode()  # raises ValueError for what is no text
        return [one(text) for text in texts]

    def _keys(self, owners: Sequence[Owner]) -> tuple[tuple[bytes, bytes], list[bytes]]:
        """What keys by owner and by id begin with, and what both end with."""
        day = keys.day_of(self.processed_ms)
        lane = _Made(lambda pair: self._lane(*pair)).__getitem__
        lanes = map(lane, zip(self._numbers("raw_topics"), self._numbers("resources"), strict=True))
        moment = keys.moment(self.processed_ms - day * DAY_MS, self._partition)
        offsets = keys.offsets(self._numbers("offsets"))
        tails = map(b"".join, zip([one.prefix for one in owners], lanes, repeat(moment), offsets, strict=False))
        return (keys.of_day(keys.ROW, day), keys.of_day(keys.ID, day)), list(tails)

    def _lane(self, topic: int, resource: int) -> bytes:
        return self._interned.short((self._word(topic), self._word(resource))).to_bytes(2, "big")

    def _values(self, deliveries: list[bytes], owners: Sequence[Owner]) -> list[Iterable[bytes]]:
        token, words = self._interned.token, self._word_tokens
        entities, entity_ids = self._entities()
        return [
            *map(words, ("raw_topics", "resources", "event_types", "doors", "origins", "providers", "source_types")),
            words("reasons"),
            repeat(token(self._columns["worker"]) + token(self._columns["version"])),
            entities,
            self._lists("verdicts", "verdict_names", "verdict_counts"),
            self._lists("clean", "clean_topics", "clean_counts"),
            self._lists("alerts", "alert_rules", "alert_steps"),
            *map(self._tokens, ("first_days", "last_days", "created_at", "received_at", "first_times", "last_times")),
            deliveries,
            [one.packed for one in owners],
            entity_ids,
            *map(self._plain, ("backfills", "redriven_from", "details")),
        ]

    def _plain(self, name: str) -> Iterable[bytes]:
        """Words as they are."""
        column = self._column(name)
        if column.is_zero:
            return repeat(NONE)
        return [compact.text(self._word(place).encode()) for place in column.numbers()]

    def _entities(self) -> tuple[Iterable[bytes], Iterable[bytes]]:
        """Verdicts and changes of each row's entities, and their ids."""
        column = self._column("entities")
        if column.is_zero:
            return repeat(NONE), repeat(b"")
        counts = column.numbers()
        ids = self._ids("entity_ids", compact.all_uuids, compact.uuid)
        verdicts = list(map(self._token, self._columns["entity_verdicts"].numbers()))
        changes = list(self._changes())
        if not len(ids) == len(verdicts) == len(changes) == sum(counts):
            raise ValueError("columns of different length")
        heads = [number(n) + one for n, one in zip(counts, _sliced(counts, verdicts), strict=True)]
        return map(bytes.__add__, heads, _sliced(counts, changes)), _sliced(counts, ids)

    def _changes(self) -> Iterator[bytes]:
        """Of each entity how many fields have changed, how many are named, and their names."""
        names = map(self._token, self._columns["changed_names"].numbers())
        for n in self._columns["entity_changes"].numbers():
            named = min(n, NAMES_MAX)
            yield b"".join((number(n), number(named), *islice(names, named))) if n else b"\0\0"

    def _lists(self, name: str, first: str, second: str) -> Iterable[bytes]:
        """How many there are of each row, and its part of two columns."""
        column = self._column(name)
        if column.is_zero:
            return repeat(NONE)
        counts = column.numbers()
        words = list(map(self._token, self._columns[first].numbers()))
        others = self._columns[second]
        seconds = list(map(self._token, others.numbers())) if name == "alerts" else others.tokens()
        if not len(words) == len(seconds) == sum(counts):
            raise ValueError("columns of different length")
        pairs = zip(counts, _sliced(counts, words), _sliced(counts, seconds), strict=True)
        return [number(n) + one + two if n else NONE for n, one, two in pairs]

    def _shares(self, owners: Sequence[Owner]) -> list[HourShare]:
        at, words = self.processed_ms, self._words
        received, last, origins = map(self._numbers, ("received_at", "last_times", "origins"))
        moments = (ms or at for ms in received)
        providers, resources = (map(words.__getitem__, self._numbers(name)) for name in ("providers", "resources"))
        hours = zip([ms - ms % HOUR_MS for ms in moments], providers, resources, strict=False)
        delays = [delay_ms(words[origin], *times) for origin, *times in zip(origins, received, last, strict=False)]
        return list(zip(hours, [one.register for one in owners], self._new_samples(), delays, strict=False))

    def _new_samples(self) -> Iterable[int]:
        """Of each row: those that are NEW, where its verdicts are of samples."""
        column = self._column("verdicts")
        if column.is_zero or NEW not in self._words:
            return repeat(0)
        new = self._words.index(NEW)
        names, counts = (self._columns[name].numbers() for name in ("verdict_names", "verdict_counts"))
        fresh = iter([n if name == new else 0 for name, n in zip(names, counts, strict=True)])
        sums = [sum(islice(fresh, size)) if size else 0 for size in column.numbers()]
        return [0 if entities else n for n, entities in zip(sums, self._numbers("entities"), strict=True)]


def _sliced(counts: Iterable[int], tokens: Sequence[bytes]) -> Iterator[bytes]:
    """The next so many of them, joined."""
    rest = iter(tokens)
    for n in counts:
        yield b"" if not n else next(rest) if n == 1 else b"".join(islice(rest, n))
