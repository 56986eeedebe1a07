"""A JSON object as typed fields, driven by the `junction` properties of its schema. Tolerant by field: one bad value
costs one field. Nothing is lost: what finds no place is handed back, under its path.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from streams.events.schemas import Field, schema_files
from streams.payloads import values
from streams.payloads.values import Unfit, canonical

# What becomes of a value that is not simply converted: (value, its object, fields, problems, path of the object) →
# what found no place, None for nothing.
_Put = Callable[[Any, Mapping[str, Any], dict[str, Any], list[str], str], Any]
ENTRIES_MAX = 10_000  # of a list of objects: a null becomes an object with every field, 100 times as large
_Places = dict[str, Field | _Put]


def read(
    data: dict[str, Any], schema: str, problems: list[str], ignored: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(values by field name, what found no place). A value that does not fit is a problem and stays unknown.

    `ignored`: names of `$.data` that are no fields and not unknown either.
    """
    absent, places = _layout(schema, ignored)
    fields = absent.copy()
    return fields, _fill(places, data, fields, problems, "$.data.")


def absent(schema: str) -> dict[str, Any]:
    """Every field of a schema, as of an empty body."""
    return _layout(schema)[0].copy()


def unknown_names(unknown: Mapping[str, Any], schema: str) -> Iterator[tuple[str, Any]]:
    """(path, value) of what `read` handed back because its name is unknown; what did not fit is a problem already.

    `[]` stands for each entry of a list, `{}` for each name of a map: those are values. What is in an unknown value is
    not looked at: it may be such a map. A path may come several times. A dot within a name is a slash: the last part of
    a path is what is unknown.
    """
    return _unknown(_layout(schema)[1], unknown, "")


def _unknown(places: _Places, rest: Mapping[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    for name, value in rest.items():
        place = places.get(name)
        if place is None:
            yield at + name.replace(".", "/"), value
        elif isinstance(place, partial) and place.func is _nest and type(value) is dict:
            yield from _unknown(place.args[0], value, f"{at}{name}.")
        elif isinstance(place, partial) and place.func is _entries:
            yield from _unknown_in_entries(place.args[0], value, f"{at}{name}")


def _unknown_in_entries(row: Field, value: Any, at: str) -> Iterator[tuple[str, Any]]:
    kind, _, schema = row.type.partition(":")
    entries, mark = (value.values(), "{}") if type(value) is dict else (value, "[]")
    if mark == ("{}" if kind == "map" else "[]") and type(value) in (dict, list):
        for entry in filter(lambda entry: type(entry) is dict, entries):
            yield from _unknown(_layout(schema)[1], entry, f"{at}{mark}.")


def _fill(
    places: _Places, data: Mapping[str, Any], fields: dict[str, Any], problems: list[str], at: str
) -> dict[str, Any]:
    """Put the values of an object into their fields; returns what found no place. `at`: its path, for problems."""
    rest = {}
    for name, value in data.items():
        if value is None or value == "":
            continue
        place = places.get(name)
        if type(place) is Field:
            left = None if _convert(place, value, fields, problems, at) else canonical(value)
        elif place is None:
            left = canonical(value)
        else:
            left = place(value, data, fields, problems, at)  # type: ignore[operator]  # because Field is excluded above
        if left is not None:
            rest[name] = left
    return rest


def _convert(row: Field, value: Any, fields: dict[str, Any], problems: list[str], at: str) -> bool:
    """Put a value into its field; False, and a problem, where it does not fit."""
    try:
        fields[row.name] = values.CONVERT[row.type](value)
    except Unfit as unfit:
        problems.append(f"{at}{row.path[-1]}: {unfit}")
        return False
    if row.type == "timestamp-micros" and not values.has_offset(value):
        problems.append(f"{at}{row.path[-1]}: no offset, read as UTC")
    return True


@cache
def _layout(schema: str, ignored: frozenset[str] = frozenset()) -> tuple[dict[str, Any], _Places]:
    """(every field as absent, what becomes of each name of the object that the schema describes)."""
    rows = schema_files.typed_fields(schema)
    places: _Places = dict.fromkeys(ignored, _ignore)
    inner: dict[str, _Places] = {}
    for row in rows:
        for n, path in enumerate((row.path, *row.others)):
            names = _table(places, inner, path[:-1], "")
            names[path[-1]] = _place(row, n)
            if row.unit:
                names["unit"] = partial(_expect, row.unit)
    return {row.name: row.default for row in rows}, places


def _table(places: _Places, inner: dict[str, _Places], path: tuple[str, ...], at: str) -> _Places:
    """The table of a nested object, made where it is not there yet. `inner`: those made so far, by their path."""
    if not path:
        return places
    at += f"{path[0]}."
    if at not in inner:
        inner[at] = {}
        places[path[0]] = partial(_nest, inner[at], path[0])
    return _table(inner[at], inner, path[1:], at)


def _place(row: Field, nth: int) -> Field | _Put:
    """`nth`: which of the paths of the field, 0 for the one that counts first."""
    if row.type not in values.CONVERT:
        return partial(_entries, row)
    if row.unit:
        return partial(_measure, row)
    return partial(_stand_in, row, nth) if nth else row


def _ignore(value: Any, *_: Any) -> None:
    """It has its place elsewhere in a clean record, or no meaning."""


def _nest(places: _Places, name: str, value: Any, _: Any, fields: dict[str, Any], problems: list[str], at: str) -> Any:
    if type(value) is not dict:
        problems.append(f"{at}{name}: not an object")
        return canonical(value)
    return _fill(places, value, fields, problems, f"{at}{name}.") or None


def _expect(text: str, value: Any, *_: Any) -> Any:
    """A unit that the field's name says already."""
    return None if value == text else canonical(value)


def _measure(
    row: Field, value: Any, data: Mapping[str, Any], fields: dict[str, Any], problems: list[str], at: str
) -> Any:
    """A value beside its unit: in another unit it does not fit."""
    if data.get("unit") in (None, row.unit):
        return None if _convert(row, value, fields, problems, at) else canonical(value)
    problems.append(f"{at}{row.path[-1]}: not in {row.unit}")
    return canonical(value)


def _stand_in(
    row: Field, nth: int, value: Any, data: Mapping[str, Any], fields: dict[str, Any], problems: list[str], at: str
) -> Any:
    """A name that counts only where those before it are absent."""
    before = (path[-1] for path in (row.path, *row.others)[:nth])
    if any(data.get(name) not in (None, "") for name in before):
        return canonical(value)
    return None if _convert(row, value, fields, problems, at) else canonical(value)


def _entries(row: Field, value: Any, _: Any, fields: dict[str, Any], problems: list[str], at: str) -> Any:
    """A list, or a map, of objects that have a schema of their own. Names of a map are values: no problem has them."""
    kind, _, schema = row.type.partition(":")
    items: Any = list(value.values()) if type(value) is dict else value
    if type(value) is not (dict if kind == "map" else list) or not all(
        item is None or type(item) is dict for item in items
    ):
        problems.append(f"{at}{row.path[-1]}: not {'a map' if kind == 'map' else 'a list'} of objects")
        return canonical(value)
    if len(items) > ENTRIES_MAX:
        problems.append(f"{at}{row.path[-1]}: more than {ENTRIES_MAX:,} entries")
        return canonical(value)
    (absent, places), found, place = _layout(schema), list[str](), "{}" if kind == "map" else "[]"
    entries, rests = [absent.copy() for _ in items], []
    for item, entry in zip(items, entries, strict=True):
        rests.append(_fill(places, item or {}, entry, found, f"{at}{row.path[-1]}{place}."))
    problems += dict.fromkeys(found)
    fields[row.name] = entries if kind == "array" else dict(zip(value, entries, strict=True))
    if not any(rests):
        return None
    return rests if kind == "array" else {name: rest for name, rest in zip(value, rests, strict=True) if rest}
