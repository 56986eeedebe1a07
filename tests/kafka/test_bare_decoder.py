"""Records as they were written, for sinks."""

from collections.abc import Callable

import pytest

from streams.kafka.bare_decoder import BareDecoder
from streams.kafka.registry import local_ids
from streams.ops.errors import UnknownSchema, Unreadable
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests.connectors.postgres.filling import interval, series
from tests.folding import PREFIX, Worker

IDS = local_ids()


@pytest.fixture
def decoder() -> BareDecoder:
    return BareDecoder(Settings(_env_file=None, registry_url=LOCAL_REGISTRY, topic_prefix=PREFIX))


def steps() -> bytes:
    worker = Worker()
    worker.deliver(series("steps", [interval("2026-06-01T00:00:00+00:00", "2026-06-01T00:01:00+00:00", 40)]))
    return next(emit.value or b"" for emit in worker.emits if emit.topic.endswith(".steps"))


def test_times_stay_numbers(decoder: BareDecoder) -> None:
    """µs, ms and days as written; the id says which schema wrote them, and the schema has its words."""
    written = decoder.read(f"{PREFIX}.steps", steps())
    assert written.writer == IDS["steps"]
    assert written.record["times"] == [1_780_272_000_000_000]
    assert written.record["ends"] == [1_780_272_060_000_000]
    assert written.record["version"]["delivered_at"] == 1_780_500_000_000
    assert decoder.schema(written.writer)["doc"].startswith("Samples of one timeseries event")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda good: b"", "no schema of a topic"),
        (lambda good: good[:20], "not Avro"),
        (lambda good: b"\0" + IDS["sleep"].to_bytes(4, "big") + good[5:], "the schema of another topic"),
        (lambda good: b"\0" + bytes(4) + good[5:], "no schema of a topic"),
        (lambda good: good[:-10] + b"\0", "columns of different length"),
    ],
)
def test_what_nobody_can_read(decoder: BareDecoder, change: Callable[[bytes], bytes], words: str) -> None:
    """Is Unreadable, by a sentence without values."""
    with pytest.raises(Unreadable, match=words):
        decoder.read(f"{PREFIX}.steps", change(steps()))


def test_an_unknown_schema_is_no_fault_of_the_record(decoder: BareDecoder) -> None:
    """A registry may know it soon."""
    with pytest.raises(UnknownSchema):
        decoder.read(f"{PREFIX}.steps", b"\0\0\0\x7f\xff" + steps()[5:])
