"""Avro: schemas that stand alone and say what they mean, bytes that old and new readers understand."""

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.events.resources import RESOURCES
from streams.events.schemas import schema_files
from streams.kafka import avro_arrays, codec
from streams.kafka.avro_writer import Misfit
from streams.kafka.codec import Codec, decode, parsed, schema_id, schema_text
from streams.ops.errors import Misconfigured
from tests.folding import CODEC, Worker
from tests.strategies import labs, other_series, summaries
from tests.strategies import series as series_events

OLD = json.loads((Path(__file__).parents[1] / "golden" / "avro_v1.json").read_text())
FILES = sorted(path.stem for path in schema_files.AVRO_DIR.glob("*.avsc"))


def fields(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((schema_files.AVRO_DIR / f"{name}.avsc").read_text())["fields"]
    return rows


@pytest.mark.parametrize("name", FILES)
def test_every_field_is_documented(name: str) -> None:
    """A reader of the schema needs no other page: each field has words, each measure its unit in its name."""
    for row in fields(name):
        assert row["doc"], row["name"]
        unit = row["doc"].rstrip(".").rpartition(", ")[2]
        named = {"m": "_m", "s": "_s", "bpm": "_bpm", "kcal": "_kcal", "kg": "_kg", "cm": "_cm", "min": "_min"}
        assert row["name"].endswith(named.get(unit, "")), row["name"]


@pytest.mark.parametrize("name", FILES)
def test_what_may_be_absent_is_null_by_default(name: str) -> None:
    """A nullable field starts with null and defaults to it, so that schemas can grow and stay compatible."""
    for row in fields(name):
        if isinstance(row["type"], list):
            assert row["type"][0] == "null"
            assert row["default"] is None


@pytest.mark.parametrize("name", FILES)
def test_enums_are_open(name: str) -> None:
    """Junction's enums grow without notice: an Avro enum would refuse what comes."""
    assert '"enum"' not in schema_text(name)


@pytest.mark.parametrize("name", schema_files.SCHEMAS)
def test_a_schema_stands_alone(name: str) -> None:
    """What the registry gets parses without the other files, and names each small type once."""
    fastavro.parse_schema(json.loads(schema_text(name)), named_schemas={})


def test_the_head_is_the_same_everywhere() -> None:
    """Whoever reads one data record finds its way in all of them."""
    with_head = (*schema_files.SUMMARY_SCHEMAS, *schema_files.SERIES_SCHEMAS, "Device", "Lab", "QueryResult", "Generic")
    heads = {tuple(row["name"] for row in fields(name))[:13] for name in with_head}
    assert len(heads) == 1


def test_every_topic_has_a_schema() -> None:
    """60 resources and the control topics, each with a schema that exists."""
    assert set(topics.avro_topics().values()) == set(schema_files.SCHEMAS)
    assert set(RESOURCES) <= set(topics.avro_topics())


def test_an_unknown_schema_is_a_key_error() -> None:
    """A name that has no file is a bug of the caller."""
    with pytest.raises(KeyError):
        schema_text("Nothing")


@given(series_events() | other_series() | summaries() | labs())
def test_the_quick_encoding_is_avro(event: Any) -> None:
    """The bytes are those that fastavro writes with the whole schema, logical types and all."""
    for topic, _, record in Worker().deliver(event):
        schema, whole = topics.avro_topics()[topic], io.BytesIO()
        fastavro.schemaless_writer(whole, parsed(schema), record)
        integers = decode(b"\0\0\0\0\1" + whole.getvalue(), codec.bare(json.loads(schema_text(schema))))
        assert CODEC.encode(topic, integers)[5:] == whole.getvalue()


@pytest.mark.parametrize("n", [0, 1, 63, 64, 127, 128, 8192, 10_000])
def test_arrays_of_any_length(n: int) -> None:
    """The count of a block is a zigzag varint: its width changes at 64, 8192, ..."""
    record = decode(bytes.fromhex(OLD["Samples"]["hex"]), OLD["Samples"]["writer"])
    then = decode(bytes.fromhex(OLD["Samples"]["hex"]), codec.bare(OLD["Samples"]["writer"]))
    integers = dict.fromkeys(row["name"] for row in fields("Samples")) | then
    integers |= {"times": [2**50 + i for i in range(n)], "values": [float(i) for i in range(n)]}
    value = CODEC.encode("heartrate", integers)
    assert decode(value, parsed("Samples"))["values"] == integers["values"]
    assert record["resource"] == "heartrate"


@pytest.mark.parametrize("name", OLD)
def test_old_bytes_stay_readable(name: str) -> None:
    """Bytes that an older version wrote, read through today's schema, say what they said."""
    value, writer = bytes.fromhex(OLD[name]["hex"]), OLD[name]["writer"]
    then, now = decode(value, writer), decode(value, writer, parsed(name))
    assert {field: now[field] for field in then} == then


def test_wire_format() -> None:
    """Byte 0, the id, the body; anything else is one named error."""
    value = CODEC.encode("other", _minimal())
    assert (value[0], schema_id(value)) == (0, list(topics.avro_topics()).index("other") + 1)
    for wrong in (b"", b"\0\0\0\0", b"\1\0\0\0\1x", b"{}{}{}"):
        with pytest.raises(ValueError, match="wire format"):
            schema_id(wrong)


def _minimal() -> dict[str, Any]:
    return decode(bytes.fromhex(OLD["Generic"]["hex"]), codec.bare(OLD["Generic"]["writer"]), parsed("Generic"))


def test_a_record_that_does_not_fit_is_a_bug() -> None:
    """The codec does not repair records: it names the field that does not fit, and not what is in it."""
    for wrong, named in (
        ({"resource": None}, "resource"),
        ({"version": {**_minimal()["version"], "content_hash": 2**63}}, "version.content_hash"),
        ({"version": {}}, "version.updated_at"),
        ({"source": "secret"}, "source"),
    ):
        with pytest.raises(Misfit, match=rf"^{named}\b") as caught:
            CODEC.encode("other", {**_minimal(), **wrong})
        assert "secret" not in str(caught.value)


def test_missing_ids_are_named() -> None:
    """Ids are resolved before the first record; a hole says which command mends it."""
    with pytest.raises(Misconfigured, match="schemas register"):
        Codec({"activity": 1})


edges = [sign * (2**bits + off) for sign in (1, -1) for bits in (6, 13, 27, 41, 48, 55, 62) for off in (-1, 0, 1)]
longs = st.integers(-(2**63), 2**63 - 1) | st.integers(2**48, 2**55 - 1) | st.sampled_from(edges)


@given(st.lists(longs, max_size=20) | st.lists(st.integers(2**48, 2**55 - 1), max_size=300))
def test_columns_of_longs(values: list[int]) -> None:
    """Spread as lanes of one number, or one by one: the bytes are those of fastavro."""
    assert avro_arrays.longs(values) == _by_fastavro("long", values)


@given(st.lists(st.floats(allow_nan=False), max_size=200))
def test_columns_of_doubles(values: list[float]) -> None:
    """Packed at once: the bytes are those of fastavro."""
    assert avro_arrays.doubles(values) == _by_fastavro("double", values)


def _by_fastavro(items: str, values: list[Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, {"type": "array", "items": items}, values)
    return out.getvalue()
