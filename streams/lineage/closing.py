"""What a worker emits at the end of each transaction: lineage of the raw records that it processed."""

from streams import __version__
from streams.events import topics
from streams.kafka.codec import Codec
from streams.lineage.observed import columns_of
from streams.ops.settings import Settings
from streams.tables import Draft, Punctuation


def closing_of(settings: Settings, codec: Codec) -> Punctuation | None:
    """What the engine calls before it commits; None where no lineage is kept."""
    return closing(codec, settings.topic_prefix, settings.worker_id) if settings.lineage_days else None


def closing(codec: Codec, prefix: str, worker: str) -> Punctuation:
    """Emits a record for each 2,000 raw records of a draft, once all of them are in it. `worker`: its id."""
    topic = f"{prefix}.{topics.LINEAGE}"

    def close(draft: Draft) -> None:
        draft.trace = None  # what it emits belongs to many deliveries
        for columns in columns_of(draft.measurements, prefix):
            record = columns.record(draft.now_ms, worker, __version__)
            draft.emit(topic, None, codec.encode(topics.LINEAGE, record))

    return close
