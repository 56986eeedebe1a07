"""Schemas change so that services of every release read today's records, and ours read theirs."""

import copy
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.events.schemas import released
from streams.events.schemas.evolution import breaks
from streams.kafka import codec
from streams.ops.errors import Misconfigured
from tests.folding import CODEC, Worker
from tests.strategies import labs, other_series, series, summaries

ROOT = Path(__file__).parents[3]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
TODAY = released.today()
# Of builds before the first release, by whatever they wrote. Their readers were nobody's but ours: of these one broke.
BEFORE = {name: one["writer"] for name, one in json.loads((ROOT / "tests/golden/avro_v1.json").read_text()).items()}
BROKEN_BEFORE = {"Backfill": ["$.notified_at: readers of theirs cannot read ours, null is no long"]}
RELEASED = [(version, name) for version, of in released.known().items() for name in of]


@pytest.mark.parametrize(("version", "name"), RELEASED)
def test_every_release_reads_today_and_is_read(version: str, name: str) -> None:
    """FULL_TRANSITIVE: no schema of any release was taken away, and each goes together with today's."""
    assert name in TODAY, f"{name} of {version} is gone: topics still hold its records"
    assert breaks(TODAY[name], released.known()[version][name]) == []


@pytest.mark.parametrize("name", BEFORE)
def test_builds_before_the_first_release(name: str) -> None:
    """Of what earlier builds wrote the same is true, but for one field that began to be absent."""
    assert breaks(TODAY[name], BEFORE[name]) == BROKEN_BEFORE.get(name, [])


def test_no_release_is_forgotten() -> None:
    """This version's schemas, and those of each release in the changelog, are in `avro/released`."""
    assert released.known().get(VERSION) == TODAY, "run `make released`; if this version is released, raise it first"
    versions = [line.split()[1].strip("v") for line in CHANGELOG.splitlines() if line.startswith("## ")]
    missing = {version for version in versions if version[0].isdigit()} - set(released.known())
    assert not missing, "a release without its schemas: take them from its tag, with `make released` there"


def test_a_release_is_not_written_anew(tmp_path: Path) -> None:
    """The schemas of a version may be written until it is released, and never behind that."""
    path = released.write(tmp_path, "1.2.0", "## Unreleased (1.2.0)\n")
    before = path.read_text()
    released.write(tmp_path, "1.2.0", "## Unreleased (1.2.0)\n\n## 1.1.0\n")
    with pytest.raises(Misconfigured, match="raise the version first"):
        released.write(tmp_path, "1.2.0", "## Unreleased (1.3.0)\n\n## 1.2.0 (2026-12-01)\n")
    assert path.read_text() == before


READERS = [(f"before {name}", name, BEFORE[name]) for name in BEFORE if name not in BROKEN_BEFORE]
READERS += [(version, name, released.known()[version][name]) for version, name in RELEASED]


@given(series() | other_series() | summaries() | labs())
def test_today_s_bytes_in_every_reader(event: Any) -> None:
    """What is written today is read by services of every release: each field that both know says the same."""
    for topic, _, record in Worker().deliver(event):
        name = topics.clean_topics()[topic]
        integers = codec.decode(_written(codec.parsed(name), record), codec.bare(json.loads(codec.schema_text(name))))
        value = CODEC.encode(topic, integers)
        for version, of, schema in READERS:
            if of == name:
                seen = codec.decode(value, codec.parsed(name), fastavro.parse_schema(schema))
                assert _common(seen, record), version


@given(series() | other_series() | summaries() | labs())
def test_every_writer_s_bytes_today(event: Any) -> None:
    """What any release wrote is read today."""
    for topic, _, record in Worker().deliver(event):
        for version, name, schema in READERS:
            if name == topics.clean_topics()[topic]:
                writer = fastavro.parse_schema(schema)
                value = _written(writer, record)
                then, now = codec.decode(value, writer), codec.decode(value, writer, codec.parsed(name))
                assert _common(now, then), version


def _written(schema: Any, record: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return b"\0\0\0\0\1" + out.getvalue()


def _common(one: Any, other: Any) -> bool:
    """Whether both say the same where both say anything: fields that only one of them knows are left out."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_common(one[key], other[key]) for key in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_common, one, other))
    return bool(one == other) or (one != one and other != other)


OLD = {
    "type": "record",
    "name": "R",
    "fields": [
        {"name": "a", "type": "string"},
        {"name": "b", "type": ["null", "long"], "default": None},
        {"name": "c", "type": {"type": "array", "items": {"type": "record", "name": "I", "fields": [
            {"name": "x", "type": "int"}]}}},
        {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}  # fmt: skip


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """OLD with other types of fields; None takes a field away, a dict is the whole field."""
    schema = copy.deepcopy(OLD)
    fields = {field["name"]: field for field in schema["fields"]}  # type: ignore[attr-defined]  # because it is JSON
    for name, change in changes:
        if change is None:
            del fields[name]
        else:
            fields[name] = change if isinstance(change, dict) and "name" in change else {"name": name, "type": change}
    return {**schema, "fields": list(fields.values())}


INNER = {"type": "record", "name": "I", "fields": [{"name": "x", "type": "int"}, {"name": "y", "type": "int"}]}
RIGHT = [
    changed(),
    changed(("d", {"name": "d", "type": ["null", "string"], "default": None})),
    changed(("b", None)),
    changed(("a", "bytes")),
]
WRONG = [
    (changed(("d", "string")), "$.d: records of theirs cannot be read with ours, it is not there and has no default"),
    (changed(("a", None)), "$.a: readers of theirs cannot read ours, it is not there and has no default"),
    (changed(("a", ["null", "string"])), "$.a: readers of theirs cannot read ours, null is no string"),
    (changed(("b", ["null", "int"])), "$.b: records of theirs cannot be read with ours, there is no long"),
    (changed(("c", {"type": "array", "items": INNER})), "$.c[].y: records of theirs cannot be read with ours"),
    (changed(("t", {"type": "long", "logicalType": "timestamp-micros"})), "$.t: records of theirs"),
    (changed(("t", "long")), "its logical type differs"),
    ({**OLD, "name": "Other"}, "its type has another name"),
]


@pytest.mark.parametrize("schema", RIGHT)
def test_changes_that_are_allowed(schema: dict[str, Any]) -> None:
    """A nullable field more, or less, and a text as bytes."""
    assert breaks(schema, OLD) == []


@pytest.mark.parametrize(("schema", "why"), WRONG)
def test_changes_that_are_not(schema: dict[str, Any], why: str) -> None:
    """What breaks readers, or means something else to them, is named by its field and its direction."""
    assert any(why in line for line in breaks(schema, OLD))


types = st.sampled_from(["null", "int", "long", "double", "string", "bytes", "boolean"])
unions = st.lists(types, min_size=1, max_size=3, unique=True).map(lambda them: them if len(them) > 1 else them[0])
inner = unions | unions.map(lambda items: {"type": "array", "items": items}) | unions.map(
    lambda values: {"type": "map", "values": values}
)  # fmt: skip


@given(st.data(), st.lists(inner, min_size=1, max_size=3), st.lists(inner, min_size=1, max_size=3))
def test_what_goes_together_is_read(data: st.DataObject, wrote: list[Any], reads: list[Any]) -> None:
    """Where nothing breaks, a library reads every record of each with the other."""
    one, other = _record(wrote), _record(reads)
    if not breaks(one, other):
        for writer, reader in ((one, other), (other, one)):
            record = {field["name"]: data.draw(_values(field["type"])) for field in writer["fields"]}
            out = io.BytesIO()
            fastavro.schemaless_writer(out, writer, record)
            fastavro.schemaless_reader(io.BytesIO(out.getvalue()), writer, reader)


def _record(fields: list[Any]) -> dict[str, Any]:
    named = [{"name": f"f{place}", "type": type} for place, type in enumerate(fields)]
    return {"type": "record", "name": "R", "fields": named}


def _values(of: Any) -> st.SearchStrategy[Any]:
    if isinstance(of, list):
        return st.one_of(*map(_values, of))
    if isinstance(of, dict):
        inside = _values(of.get("items") or of["values"])
        return (
            st.lists(inside, max_size=2) if "items" in of else st.dictionaries(st.text(max_size=2), inside, max_size=2)
        )
    return {
        "null": st.none(), "int": st.integers(0, 9), "long": st.integers(0, 2**40), "double": st.floats(0, 1),
        "string": st.text(max_size=3), "bytes": st.binary(max_size=3), "boolean": st.booleans(),
    }[of]  # fmt: skip
