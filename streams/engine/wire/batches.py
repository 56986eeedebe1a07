"""Records of one transaction as Kafka's record batches, by partition. Pure but for the clock of their timestamps."""

from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from streams.engine.positions.slices import Source
from streams.tables import Emit

BATCH_BYTES_MAX = 1_000_000  # before compression; a larger record has a batch of its own
SEQUENCE_MAX = 2**31  # of the records of a partition; it begins again at 0 behind it
Row = tuple[str, bytes | None, bytes | None, None]  # an Emit without headers


class Batch(NamedTuple):
    """`data`: as it is sent."""

    data: bytes
    records: int


class Batches:
    """What is still to be sent, in order. `compression`: as in Settings."""

    def __init__(self, compression: str = "lz4") -> None:
        self._codec = _CODECS[compression]
        self._open: dict[Source, list[Any]] = {}  # → builders; records join the last one
        self._counts: dict[Source, int] = {}  # records in the last one
        self._sequences: dict[Source, int] = {}

    def add(self, partition: int, emits: Iterable[Emit | Row], now_ms: int) -> None:
        """Append records to their topics' partition of that number."""
        builders, counts = self._open, self._counts
        for topic, key, value, headers in emits:
            source = (topic, partition)
            count = counts.get(source, 0)
            named = list(headers) if headers else _NO_HEADERS
            if count and builders[source][-1].append(count, now_ms, key, value, named) is not None:
                counts[source] = count + 1
                continue
            builder = _builder(self._codec)
            builder.append(0, now_ms, key, value, named)  # the first always fits
            builders.setdefault(source, []).append(builder)
            counts[source] = 1

    @property
    def partitions(self) -> list[Source]:
        """Those that have records."""
        return list(self._open)

    def take(self, producer_id: int, epoch: int) -> dict[Source, deque[Batch]]:
        """Everything, compressed, as it is sent under this id and epoch."""
        taken, self._open, self._counts = self._open, {}, {}
        return {
            source: deque(self._built(source, builder, producer_id, epoch) for builder in builders)
            for source, builders in taken.items()
        }

    def _built(self, source: Source, builder: Any, producer_id: int, epoch: int) -> Batch:
        sequence = self._sequences.get(source, 0)
        builder.set_producer_state(producer_id, epoch, sequence)
        data = bytes(builder.build())
        records = int.from_bytes(data[57:61], "big")  # the count, in a batch's head
        self._sequences[source] = (sequence + records) % SEQUENCE_MAX
        return Batch(data, records)

    def restart(self) -> None:
        """A new epoch began, with no record sent: every partition begins at 0."""
        self._sequences = {}

    def forget(self) -> None:
        """The transaction is over without a commit, and a new epoch began."""
        self._open, self._counts, self._sequences = {}, {}, {}


_CODECS: dict[str, int] = {
    "lz4": DefaultRecordBatch.CODEC_LZ4,
    "gzip": DefaultRecordBatch.CODEC_GZIP,
    "zstd": DefaultRecordBatch.CODEC_ZSTD,
}
_NO_HEADERS: list[tuple[str, bytes]] = []


def _builder(codec: int) -> Any:
    return DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=1,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=0,
        batch_size=BATCH_BYTES_MAX,
    )
