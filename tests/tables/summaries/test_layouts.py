"""Positions of fields in rows of summaries."""

from typing import Any

import pytest

from streams.events.schemas import released, schema_files
from streams.ops.errors import Misconfigured
from streams.payloads import summary
from streams.tables.summaries import layouts


@pytest.mark.parametrize("schema", schema_files.SUMMARY_SCHEMAS)
def test_every_field_has_one_position(schema: str) -> None:
    """Or is told from something else; what is no content is never among those that are compared."""
    layout = layouts.of(schema)
    typed = [row.name for row in schema_files.typed_fields(schema)]
    placed = [*layout.numbers, *layout.others]
    computed = [row.name for row in layouts.COMPUTED.get(schema, ())]
    assert sorted(placed) == sorted([*(name for name in typed if name not in layouts.DERIVED), *computed])
    assert not summary._NOT_CONTENT & set(placed)


@pytest.mark.parametrize("version", released.known())
@pytest.mark.parametrize("schema", schema_files.SUMMARY_SCHEMAS)
def test_new_fields_stand_behind_those_of_every_release(schema: str, version: str) -> None:
    """Rows know a field by its position, so it keeps it, and a release's fields come first."""
    fields = released.known()[version].get(schema, {"fields": []})["fields"]
    computed = {row.name for row in layouts.COMPUTED.get(schema, ())}
    for names in (layouts.of(schema).numbers, layouts.of(schema).others):
        typed = [name for name in names if name not in computed]
        then = [field["name"] for field in fields if field["name"] in typed]
        assert then == typed[: len(then)]


def test_a_row_before_a_field_was_there() -> None:
    """It is only shorter: the field is absent, and one that has it differs in it."""
    profile = layouts.of("Profile")
    fields = dict.fromkeys([*profile.numbers, *profile.others]) | {"height_cm": 180.0, "gender": "f"}
    before, now = profile.pack(fields), profile.pack(fields | {"birth_date": 5, "is_wheelchair_used": False})
    assert profile.unpack(*before) == {"height_cm": 180.0, "gender": "f"}
    assert profile.changed(before, now) == profile.changed(now, before) == ["birth_date", "is_wheelchair_used"]


@pytest.mark.parametrize("row", [(b"1.0,2,3", []), (b"", ["f", None, True, "more"])])
def test_a_row_with_more_fields_than_we_know_is_refused(row: tuple[bytes, list[Any]]) -> None:
    """A newer version wrote it. What would be lost cannot be told."""
    profile = layouts.of("Profile")
    for look in (profile.unpack, lambda *parts: profile.changed(parts, (b"", []))):
        with pytest.raises(Misconfigured, match="has format 3 with more fields"):
            look(*row)
