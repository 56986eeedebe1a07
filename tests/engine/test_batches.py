"""Records of a transaction as Kafka's batches."""

from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.wire.batches import BATCH_BYTES_MAX, SEQUENCE_MAX, Batches
from streams.tables import Emit

BYTES = st.one_of(st.none(), st.binary(max_size=30))
HEADERS = st.one_of(st.none(), st.lists(st.tuples(st.sampled_from("ab"), st.binary(max_size=5)), max_size=2))
EMITS = st.lists(st.tuples(st.integers(0, 2), st.builds(Emit, st.sampled_from(("t", "u")), BYTES, BYTES, HEADERS)))


@given(st.lists(EMITS, min_size=1, max_size=3))
def test_every_record_once_and_in_order(transactions: list[list[tuple[int, Emit]]]) -> None:
    """What goes in comes out, partition by partition; sequences go on from one transaction to the next."""
    batches, sequences = Batches(), dict[tuple[str, int], int]()
    for emits in transactions:
        for partition, emit in emits:
            batches.add(partition, [emit], 1_700_000_000_000)
        found: list[tuple[tuple[str, int], Emit]] = []
        for source, parts in batches.take(7, 3).items():
            for part in parts:
                batch = DefaultRecordBatch(part.data)
                assert batch.is_transactional
                assert batch.validate_crc()
                assert (batch.producer_id, batch.producer_epoch) == (7, 3)
                assert batch.base_sequence == sequences.get(source, 0)
                sequences[source] = sequences.get(source, 0) + part.records
                records = list(batch)
                assert len(records) == part.records
                found += [(source, Emit(source[0], r.key, r.value, list(r.headers))) for r in records]
        wanted = [
            ((emit.topic, partition), emit._replace(headers=list(emit.headers or ()))) for partition, emit in emits
        ]
        assert sorted(found, key=lambda row: row[0]) == sorted(wanted, key=lambda row: row[0])
        assert not batches.partitions


def test_large_records() -> None:
    """A batch ends before it is too large; a record above that has one of its own."""
    batches = Batches()
    sizes = [10, BATCH_BYTES_MAX, 3 * BATCH_BYTES_MAX, 10, 10]
    batches.add(0, [Emit("t", b"k", b"x" * size, None) for size in sizes], 1)
    assert [one.records for one in batches.take(1, 0)["t", 0]] == [1, 1, 1, 2]


def test_a_new_epoch_begins_at_0() -> None:
    """Sequences belong to an epoch; a number behind the last that Kafka knows begins at 0, too."""
    batches, emit = Batches(), Emit("t", b"k", b"v", None)
    batches.add(0, [emit], 1)
    batches.take(1, 0)
    batches.add(0, [emit], 1)
    batches.restart()
    assert DefaultRecordBatch(batches.take(1, 1)["t", 0][0].data).base_sequence == 0
    batches.add(0, [emit], 1)
    batches.forget()
    assert not batches.partitions
    batches._sequences["t", 0] = SEQUENCE_MAX - 1
    batches.add(0, [emit], 1)
    batches.take(1, 2)
    assert batches._sequences["t", 0] == 0
