"""Many records by their places: only the parts of a log in which some of them lie are read again."""

import time
from collections.abc import Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.reader import LEAN
from streams.kafka.refused import refused
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

GAP = 2_000  # records between two wanted ones that are read over: going to another place costs as much
BATCH = 2000
SILENCE_S = 30.0
_POLL_S = 0.5


class _Stretch:
    """Offsets of a partition that are read in one go, from place `first` to before `behind`."""

    def __init__(self, offsets: Sequence[int], first: int, behind: int) -> None:
        self._offsets, self._next, self._behind = offsets, first, behind

    @property
    def start(self) -> int:
        """The first offset that is still wanted."""
        return self._offsets[self._next]

    @property
    def is_read(self) -> bool:
        return self._next >= self._behind

    def takes(self, offset: int) -> bool:
        """Whether the record at that offset is wanted. Asked in the order of the log."""
        while not self.is_read and self.start < offset:  # what is gone
            self._next += 1
        if self.is_read or self.start != offset:
            return False
        self._next += 1
        return True


_Stretches = dict[tuple[str, int], _Stretch]


def records_at(settings: Settings, places: Mapping[tuple[str, int], Sequence[int]]) -> Iterator[Message]:
    """The records at these offsets (sorted) of these partitions, in no order between partitions.

    What Kafka no longer has is left out. Raises Misconfigured, Unavailable.
    """
    found = {partition: _stretches(offsets) for partition, offsets in places.items() if offsets}
    if not found:
        return
    consumer = _consumer(settings)
    try:
        for number in range(max(map(len, found.values()))):
            yield from _read(consumer, {one: parts[number] for one, parts in found.items() if len(parts) > number})
    finally:
        consumer.close()


def _stretches(offsets: Sequence[int]) -> list[_Stretch]:
    breaks = [place for place in range(1, len(offsets)) if offsets[place] - offsets[place - 1] > GAP]
    return [_Stretch(offsets, *ends) for ends in zip([0, *breaks], [*breaks, len(offsets)], strict=True)]


def _consumer(settings: Settings) -> Consumer:
    settings.need_kafka()
    conf = for_librdkafka(settings) | {
        "group.id": f"{settings.group_id}-reader",
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",  # what expired is gone; what is behind it is not
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
        "log_level": 2,
        **LEAN,
    }
    return Consumer(conf)


def _read(consumer: Consumer, stretches: _Stretches) -> Iterator[Message]:
    """One stretch of each partition."""
    heard_s, n_assigned = time.monotonic(), 0
    while stretches:
        if n_assigned != len(stretches):
            # What has been read is fetched no further. Not by `pause`: a partition stays paused over a new assignment.
            consumer.assign([TopicPartition(*one, stretch.start) for one, stretch in stretches.items()])
            n_assigned = len(stretches)
        messages = consumer.consume(BATCH, _POLL_S)
        if messages:
            heard_s = time.monotonic()
        elif time.monotonic() - heard_s > SILENCE_S:
            raise Unavailable(f"Kafka gave no record for {SILENCE_S:.0f} s")
        yield from (message for message in messages if _is_wanted(message, stretches))


def _is_wanted(message: Message, stretches: _Stretches) -> bool:
    """Whether to hand it on. A partition that has been read goes from `stretches`."""
    one = message.topic(), message.partition()
    stretch = stretches.get(one)
    if (error := message.error()) is not None:
        _check(error, one[0])
        if error.code() == KafkaError._PARTITION_EOF:
            stretches.pop(one, None)
        return False
    is_wanted = stretch is not None and stretch.takes(message.offset())
    if stretch is not None and stretch.is_read:
        del stretches[one]
    return is_wanted


def _check(error: KafkaError, topic: str) -> None:
    # librdkafka looks for the coordinator of a group that nobody joins: no right to it is needed.
    is_known = error.code() in (KafkaError._PARTITION_EOF, KafkaError.GROUP_AUTHORIZATION_FAILED)
    if not is_known and not error.retriable():
        raise refused(f"reading {topic}", error, is_question=True)
