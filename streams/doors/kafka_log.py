"""The raw topics on Kafka, as `compare` reads them: once from a time on, then single records by their places."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing

from confluent_kafka import Message

from streams.doors.raw_records import RawRecord
from streams.events import topics
from streams.kafka.reader import Messages
from streams.kafka.records_at import records_at
from streams.ops.settings import Settings

_TOLD_EVERY = 10_000


class KafkaRawLog:
    """All raw topics on Kafka. `tell` hears how far reading is. Raises Misconfigured, Unavailable."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        self._settings, self._tell = settings, tell

    def since(self, since_ms: int) -> Iterator[RawRecord]:
        names = [f"{self._settings.topic_prefix}.{name}" for name in topics.RAW]
        with closing(Messages(self._settings, names, from_beginning=True, since_ms=since_ms, is_lean=True)) as messages:
            yield from self._told(messages.until_now(), "read")

    def at(self, places: Mapping[tuple[str, int], Sequence[int]]) -> Iterator[RawRecord]:
        wanted = {place: sorted(offsets) for place, offsets in places.items()}
        yield from self._told(records_at(self._settings, wanted), "looked at once more")

    def _told(self, messages: Iterable[Message], done: str) -> Iterator[RawRecord]:
        for n, message in enumerate(messages, 1):
            if n % _TOLD_EVERY == 0:
                self._tell(f"{n:,} records {done}")
            yield record_of(message)


def record_of(message: Message) -> RawRecord:
    """A message of a raw topic."""
    return RawRecord(
        message.topic(), message.partition(), message.offset(), message.timestamp()[1], message.key() or b"",
        message.value() or b"", dict(message.headers() or ()),
    )  # fmt: skip
