"""Which typed field of a summary has which position in its row.

Positions are those of the schema. So a new field stands behind the others in its file (a test holds that), and a row
that was written before it is only shorter. A row of a newer version may be longer: that is for the reader to refuse.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import compress
from operator import itemgetter, ne
from typing import Any

from streams.events.schemas import Field, schema_files
from streams.tables import rows
from streams.tables.summaries import packed_numbers

_NUMBERS = frozenset({"double", "long", "int", "date", "timestamp-micros"})
_LISTS = frozenset({"array:double", "array:double?", "array:long", "array:timestamp-micros"})
_Convert = Callable[[Any], Any]
Packed = tuple[bytes, list[Any]]  # text of the numbers, the other values


class Layout:
    """Typed fields ↔ (text of the numbers, other values), both without what is None at their ends."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.numbers = tuple(row.name for row in fields if row.type in _NUMBERS)
        others = [row for row in fields if row.type not in _NUMBERS]
        self.others = tuple(row.name for row in others)
        self._numbers_of, self._others_of = _fetch(self.numbers), _fetch(self.others)
        self._converted = [(n, *found) for n, row in enumerate(others) if (found := _conversion(row.type))]

    def pack(self, fields: Mapping[str, Any]) -> Packed:
        values = list(self._others_of(fields))
        for n, pack, _ in self._converted:
            if values[n] is not None:
                values[n] = pack(values[n])
        while values and values[-1] is None:
            values.pop()
        return packed_numbers.text_of(self._numbers_of(fields)), values

    def unpack(self, text: bytes, others: Sequence[Any]) -> dict[str, Any]:
        """The fields that are not None. Raises Misconfigured where there are more than we know."""
        numbers, values = packed_numbers.values_of(text), list(others)
        self.check(numbers, values)
        for n, _, unpack in self._converted:
            if n < len(values) and values[n] is not None:
                values[n] = unpack(values[n])
        found = (*zip(self.numbers, numbers, strict=False), *zip(self.others, values, strict=False))
        return {name: value for name, value in found if value is not None}

    def changed(self, before: Packed, now: Packed) -> list[str]:
        """Names of fields whose values differ. Raises Misconfigured where there are more than we know."""
        texts, found = (before[0].split(b","), now[0].split(b",")), []
        self.check(texts[0] if before[0] else (), before[1])
        if texts[0] != texts[1]:
            found = _differing(self.numbers, *texts, b"")
        return found + _differing(self.others, before[1], now[1], None) if before[1] != now[1] else found

    def check(self, numbers: Sequence[Any], others: Sequence[Any]) -> None:
        """Raises Misconfigured for more values than there are fields: a newer version has a field more."""
        if len(numbers) > len(self.numbers) or len(others) > len(self.others):
            rows.refuse(rows.SUMMARY, f"{rows.SUMMARY.writes} with more fields")


def _differing(names: Sequence[str], before: list[Any], now: list[Any], absent: Any) -> list[str]:
    """`absent`: what stands behind the end of the shorter one."""
    n = len(before) - len(now)
    if n > 0:
        now = now + [absent] * n
    elif n < 0:
        before = before + [absent] * -n
    return list(compress(names, map(ne, before, now)))


def _fetch(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """All values at once."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda fields: [fields[name] for name in names]


@cache
def of(schema: str) -> Layout:
    """The layout of a summary's schema."""
    typed = [row for row in schema_files.typed_fields(schema) if row.name not in DERIVED]
    return Layout([*COMPUTED.get(schema, ()), *typed])  # new fields are typed ones: behind


# In a row these are told from others: the id is in its key, the times stand beside the version.
DERIVED = frozenset({"id", "created_at", "updated_at", "date_at"})
# No name of a body: from the action of its event.
COMPUTED = {"WorkoutStream": (Field("is_available", (), "boolean"),)}


def _conversion(kind: str) -> tuple[_Convert, _Convert] | None:
    """How to pack and unpack a value that msgpack would write larger; None for plain ones."""
    if kind in _LISTS:
        return packed_numbers.pack_list, packed_numbers.unpack_list
    if kind == "map:double":
        return _pack_map, _unpack_map
    group, _, entry = kind.partition(":")
    if not entry[:1].isupper():
        return None
    pack, unpack = _entry(entry)
    if group == "map":
        return (
            lambda value: {name: pack(one) for name, one in value.items()},
            lambda value: {name: unpack(one) for name, one in value.items()},
        )
    return lambda value: [*map(pack, value)], lambda value: [*map(unpack, value)]


def _pack_map(value: Mapping[str, float]) -> list[Any]:
    """Numbers by name: all of them, then the names."""
    names = sorted(value)
    return [packed_numbers.pack_list([value[name] for name in names]), *names]


def _unpack_map(packed: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(packed[1:], packed_numbers.unpack_list(packed[0]), strict=True))


def _entry(schema: str) -> tuple[_Convert, _Convert]:
    """Of a small type. Every field of it comes back, also those that are None."""
    layout = Layout(schema_files.typed_fields(schema))
    absent = {row.name: row.default for row in schema_files.typed_fields(schema)}

    def pack(value: Mapping[str, Any]) -> list[Any]:
        text, others = layout.pack(value)
        return [packed_numbers.pack(text), *others]

    def unpack(packed: Sequence[Any]) -> dict[str, Any]:
        return absent | layout.unpack(packed_numbers.unpack(packed[0]), packed[1:])

    return pack, unpack
