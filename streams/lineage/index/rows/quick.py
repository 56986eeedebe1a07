"""A record of `junction.lineage` as the bytes of the index, without a `LineageRow` in between. Pure.

A test holds that the bytes are those of `packed` and `hours` for the rows of `columns.rows_of`. Columns stay bytes, as
Avro has them, and C joins them: a quarter of the time, so that an index of ten million rows is made again in minutes.
"""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice, repeat
from typing import Any, NamedTuple

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.columns import NAMES_MAX
from streams.lineage.index.rows import compact, keys
from streams.lineage.index.rows.hours import DELAY_MAX_MS, HISTORICAL, NEW, HourShare, delay_ms
from streams.lineage.index.rows.interned import Interned
from streams.lineage.index.rows.packed import owner_digest
from streams.lineage.index.rows.sketch import register
from streams.lineage.index.rows.varints import number, value
from streams.lineage.index.rows.wire import NO_NUMBERS, NumberColumn, TextColumn

NONE, _UNCHANGED, _FIRST = b"\0", b"\0\0", number(1)
_NEW, _HISTORICAL = NEW.encode(), HISTORICAL.encode()


class Owner(NamedTuple):
    """What keys and values hold of an owner. `prefix`, `register`: of its digest."""

    digest: bytes
    prefix: bytes
    packed: bytes
    register: int


@lru_cache(maxsize=1 << 15)
def owner_of(owner_id: bytes) -> Owner:
    """Of an owner's id."""
    packed = compact.uuid(owner_id)
    is_canonical = packed.startswith(compact.UUID)
    digest = compact.digest_of(owner_id) if is_canonical else owner_digest(owner_id.decode())
    return Owner(digest, digest[: keys.OWNER_BYTES], packed, register(digest))


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
        self._words: list[bytes] = columns["words"].texts()
        self._n = columns["delivery_ids"].n
        # By what `raw` gives of a column of words.
        self._token = _Made(lambda raw: interned.token(self._word(raw).decode())).__getitem__
        self._owner = _Made(lambda raw: owner_of(self._word(raw))).__getitem__
        self._text = _Made(lambda raw: self._word(raw).decode()).__getitem__

    def rows(self) -> QuickRows:
        """All of them. Raises ValueError for columns that do not fit each other."""
        try:
            return self._rows()
        except (IndexError, KeyError, TypeError, AttributeError, OverflowError, struct.error):
            raise ValueError("columns that do not fit each other") from None

    def _rows(self) -> QuickRows:
        owners = list(map(self._owner, self._column("owners").raw()))
        deliveries = self._ids("delivery_ids", compact.all_svix, compact.delivery)
        heads, tails = self._keys(owners)
        row_keys = list(map(heads[0].__add__, tails))
        prefixes = map(compact.delivery_prefix, deliveries)
        id_keys = list(map(b"".join, zip(repeat(heads[1]), prefixes, tails, strict=False)))
        values = list(map(b"".join, zip(*self._values(deliveries, owners), strict=False)))
        if len(values) != self._n:
            raise ValueError("columns of different length")
        return QuickRows(row_keys, id_keys, values, [one.digest for one in owners], self._shares(owners))

    def _word(self, raw: int | bytes) -> bytes:
        place = raw >> 1 if isinstance(raw, int) else value(raw)
        if place < 0 or (isinstance(raw, int) and raw & 1):
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
        return map(self._token, self._column(name).raw())

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
        lanes = map(lane, zip(self._column("raw_topics").raw(), self._column("resources").raw(), strict=True))
        moment = keys.moment(self.processed_ms - day * DAY_MS, self._partition)
        offsets = self._tokens("offsets")
        tails = map(b"".join, zip([one.prefix for one in owners], lanes, repeat(moment), offsets, strict=False))
        return (keys.of_day(keys.ROW, day), keys.of_day(keys.ID, day)), list(tails)

    def _lane(self, topic: int | bytes, resource: int | bytes) -> bytes:
        return self._interned.short((self._text(topic), self._text(resource))).to_bytes(2, "big")

    def _values(self, deliveries: list[bytes], owners: Sequence[Owner]) -> list[Iterable[bytes]]:
        token, words = self._interned.token, self._word_tokens
        return [
            *map(words, ("raw_topics", "resources", "event_types", "doors", "origins", "providers", "source_types")),
            words("reasons"),
            repeat(token(self._columns["worker"]) + token(self._columns["version"])),
            self._listed("verdicts", self._pairs("verdict_names", "verdict_counts")),
            self._listed("clean", self._pairs("clean_topics", "clean_counts")),
            self._listed("alerts", self._steps()),
            *map(self._tokens, ("first_days", "last_days", "created_at", "received_at", "first_times", "last_times")),
            deliveries,
            [one.packed for one in owners],
            self._listed("entities", self._entities()),
            *map(self._plain, ("backfills", "redriven_from", "details")),
        ]

    def _plain(self, name: str) -> Iterable[bytes]:
        """Words as they are."""
        column = self._column(name)
        return repeat(NONE) if column.is_zero else [compact.text(self._text(raw).encode()) for raw in column.raw()]

    def _listed(self, name: str, entries: Iterable[bytes]) -> Iterable[bytes]:
        """Of each row how many entries it has, and its own of them. `name`: the column that says how many."""
        counts, found = self._numbers(name), list(entries)
        if len(found) != sum(counts) or min(counts, default=0) < 0:
            raise ValueError("columns of different length")
        if not found:
            return repeat(NONE)
        rest = iter(found)
        if max(counts) == 1:
            return [_FIRST + next(rest) if n else NONE for n in counts]
        return [number(n) + b"".join(islice(rest, n)) if n else NONE for n in counts]

    def _pairs(self, names: str, counts: str) -> Iterable[bytes]:
        words, numbers = self._columns.get(names, NO_NUMBERS), self._columns.get(counts, NO_NUMBERS)
        return _joined(map(self._token, words.raw()), numbers.tokens())

    def _steps(self) -> Iterable[bytes]:
        rules, steps = (self._columns.get(name, NO_NUMBERS).raw() for name in ("alert_rules", "alert_steps"))
        return _joined(map(self._token, rules), list(map(self._token, steps)))

    def _entities(self) -> Iterable[bytes]:
        """Verdict, how many fields have changed, how many are named, their names, id."""
        if "entity_ids" not in self._columns:
            return ()
        ids = self._ids("entity_ids", compact.all_uuids, compact.uuid)
        counts = self._columns["entity_changes"].numbers()
        found = list(map(self._token, self._columns["changed_names"].raw()))
        if len(found) != sum(min(n, NAMES_MAX) for n in counts):
            raise ValueError("columns of different length")
        names = iter(found)
        changes = [
            b"".join((number(n), number(min(n, NAMES_MAX)), *islice(names, min(n, NAMES_MAX)))) if n else _UNCHANGED
            for n in counts
        ]
        verdicts = list(map(self._token, self._columns["entity_verdicts"].raw()))
        if not len(ids) == len(verdicts) == len(changes):
            raise ValueError("columns of different length")
        return map(b"".join, zip(verdicts, changes, ids, strict=True))

    def _shares(self, owners: Sequence[Owner]) -> list[HourShare]:
        at, text = self.processed_ms, self._text
        received, last = self._numbers("received_at"), self._numbers("last_times")
        providers, resources = (map(text, self._column(name).raw()) for name in ("providers", "resources"))
        hours = zip([(ms or at) // HOUR_MS * HOUR_MS for ms in received], providers, resources, strict=False)
        if _HISTORICAL in self._words or not all(received) or not all(last):
            delays = list(map(delay_ms, map(text, self._column("origins").raw()), received, last))
        else:
            delays = [min(max(one - end // 1000, 0), DELAY_MAX_MS) for one, end in zip(received, last, strict=False)]
        return list(zip(hours, [one.register for one in owners], self._new_samples(), delays, strict=False))

    def _new_samples(self) -> Iterable[int]:
        """Of each row: those that are NEW, where its verdicts are of samples."""
        column = self._column("verdicts")
        if column.is_zero or _NEW not in self._words:
            return repeat(0)
        new = self._words.index(_NEW)
        names, counts = (self._columns[name].numbers() for name in ("verdict_names", "verdict_counts"))
        fresh = iter([n if name == new else 0 for name, n in zip(names, counts, strict=True)])
        sums = [(next(fresh) if size == 1 else sum(islice(fresh, size))) if size else 0 for size in column.numbers()]
        return [0 if entities else n for n, entities in zip(sums, self._numbers("entities"), strict=True)]


def _joined(words: Iterable[bytes], others: Sequence[bytes]) -> Iterable[bytes]:
    """Each with the other of its place. Raises ValueError where one of them is longer."""
    found = list(words)
    if len(found) != len(others):
        raise ValueError("columns of different length")
    return map(bytes.__add__, found, others)
