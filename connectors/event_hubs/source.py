"""The messages of a hub, for the loop of all sources.

Event Hubs keeps one number of each partition: how far its group is. So what is settled is committed in order, and only
by `acknowledge`. Partitions are given out anew whenever a door comes or goes ("range", the eager protocol): between
two calls of `receive` nothing is open, so to let go of all of them costs nothing but what was fetched ahead, and one
number, the turn, tells whether a message is still ours.

While Kafka is away the loop calls `extend` every few seconds: that keeps us in the group. Without it Event Hubs would
give the partitions away after five minutes, take them back with the next call, and so on.
"""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from connectors.contract.receiving import MESSAGES_MAX
from connectors.contract.source import SourceMessage
from connectors.doors.opening import open_message
from connectors.doors.service import bounds_of
from connectors.event_hubs.access import client_conf, read_access, wrong
from connectors.event_hubs.envelope import HubProperties, read_envelope
from connectors.event_hubs.placing import begin
from streams.events.doors import DoorName
from streams.kafka.clients import client_id
from streams.ops import log, metrics
from streams.ops.errors import StreamsError, Unavailable
from streams.ops.settings import MIB, Settings

QUIET_S = 1.0
JOIN_S = 10.0  # to be given partitions, and for the first answer of each
ANSWER_S = 5.0
HELD_BYTES_MAX = 16 * MIB  # of one `receive`, and then one message more
ANSWER_BYTES_MAX = 32 * MIB  # of one fetch: a single message is answered whole, however few bytes were asked for
ERRORS_MAX = 50  # it tries again twice a second
_GONE = frozenset((KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE))

logger = log.get("source")


class Place(NamedTuple):
    """Where a message lies. `turn`: in which the partition was given to us."""

    partition: int
    offset: int
    turn: int


def consumer_conf(settings: Settings) -> dict[str, object]:
    """Of a member of the group, which commits nothing by itself. Raises Misconfigured."""
    fetch_bytes = settings.event_hubs_fetch_bytes
    return client_conf(settings, read_access(settings)) | {
        "group.id": settings.event_hubs_group,
        "client.id": client_id(settings, "source"),
        "partition.assignment.strategy": "range",
        "session.timeout.ms": int(settings.session_timeout_s * 1000),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,  # says that a partition was read to its end: silence alone says nothing
        "auto.offset.reset": "error",  # else librdkafka would pass over what expired without a word
        "queued.max.messages.kbytes": fetch_bytes // 1024,
        "fetch.max.bytes": fetch_bytes,
        "max.partition.fetch.bytes": min(fetch_bytes, MIB),
        "message.max.bytes": min(fetch_bytes, MIB),  # librdkafka lifts `fetch.max.bytes` to it
        "receive.message.max.bytes": max(fetch_bytes, ANSWER_BYTES_MAX) + 512,
    }


class HubSource:
    """See `connectors.contract.source.Source`. Calls of the client are made in threads, one at a time."""

    name = str(DoorName.AZURE)

    def __init__(self, settings: Settings) -> None:
        self._settings, self._access, self._bounds = settings, read_access(settings), bounds_of(settings)
        self._consumer: Consumer | None = None
        self._errors: list[KafkaError] = []  # since the last answer
        self._turn = 0
        self._was_given = False
        self._ours: frozenset[int] | None = None  # None while the group gives out its partitions
        self._is_placed = self._is_paused = False
        self._ended: set[int] = set()  # those of ours that were read to their end
        self._next: dict[int, int] = {}
        self._found: list[Message] = []  # of the `receive` that is under way

    async def receive(self, messages_max: int = MESSAGES_MAX) -> list[SourceMessage]:
        """See Source. Not more than HELD_BYTES_MAX, and one message. None only where all was read to its end."""
        return await asyncio.to_thread(self._receive, messages_max)

    async def acknowledge(self, messages: Sequence[SourceMessage]) -> None:
        """See Source. Commits behind the last one of each partition. Partitions that are no longer ours are left out:
        whoever has them reads from where we were, and so publishes these once more."""
        ends: dict[int, int] = {}
        for partition, offset, turn in (one.token for one in messages):
            if turn == self._turn:
                ends[partition] = offset + 1
        if ends:
            await asyncio.to_thread(self._commit, ends)

    async def extend(self, messages: Sequence[SourceMessage]) -> None:
        """See Source. Says that we are alive, and takes nothing more."""
        await asyncio.to_thread(self._stay)

    async def release(self, messages: Sequence[SourceMessage]) -> None:
        """Nothing: what was not committed is read again, by us or by others."""

    async def close(self) -> None:
        """See Source. The group hears that we leave, and gives our partitions to others at once."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await asyncio.to_thread(consumer.close)

    def _receive(self, messages_max: int) -> list[SourceMessage]:
        consumer = self._consumer or self._open()
        self._go_on(consumer)
        self._found.clear()
        n_bytes, begun_s = 0, time.monotonic()
        while len(self._found) < messages_max and n_bytes < HELD_BYTES_MAX:
            if not self._place(consumer):
                break
            message = consumer.poll(0 if self._found else QUIET_S / 4)
            if message is None:
                if self._found or self._is_quiet(consumer, time.monotonic() - begun_s):
                    break
            elif self._is_message(message):
                self._found.append(message)
                n_bytes += len(message.value() or b"")
        self._tell_waiting(consumer)
        return [self._message(one) for one in self._found]

    def _open(self) -> Consumer:
        try:
            consumer = Consumer(consumer_conf(self._settings) | {"error_cb": self._on_error})
            consumer.subscribe([self._access.hub], on_assign=self._on_assign, on_revoke=self._on_revoke)
        except KafkaException as error:
            raise self._wrong(error.args[0]) from None
        self._consumer, self._ours, self._was_given = consumer, None, False
        return consumer

    def _on_error(self, error: KafkaError) -> None:
        if len(self._errors) < ERRORS_MAX:
            self._errors.append(error)

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign([])  # where each begins is asked outside of this callback, in which nothing may fail
        self._new_turn(frozenset(one.partition for one in partitions))
        self._was_given = True

    def _on_revoke(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        consumer.unassign()
        self._new_turn(None)

    def _new_turn(self, ours: frozenset[int] | None) -> None:
        self._turn += 1
        self._ours = ours
        self._is_placed = self._is_paused = False
        self._found.clear()
        self._ended.clear()
        self._next.clear()

    def _place(self, consumer: Consumer) -> bool:
        """Say where to begin with what is ours, if that is to be said. False: what was found has to be settled first,
        because reading begins behind what was committed."""
        if self._ours is None or self._is_placed:
            return True
        if self._found:
            return False
        self._next = {partition: self._beginning(consumer, partition) for partition in sorted(self._ours)}
        places = [TopicPartition(self._access.hub, *place) for place in self._next.items()]
        consumer.assign(places)
        consumer.resume(places)  # one that was taken away while it was paused comes back paused
        self._ended.clear()
        self._is_placed, self._is_paused = True, False
        return True

    def _beginning(self, consumer: Consumer, partition: int) -> int:
        place = TopicPartition(self._access.hub, partition)
        try:
            committed = consumer.committed([place], timeout=ANSWER_S)[0]
            oldest, end = consumer.get_watermark_offsets(place, timeout=ANSWER_S)
        except KafkaException as error:
            raise self._wrong(error.args[0]) from None
        if committed.error is not None:
            raise self._wrong(committed.error)
        found = begin(committed.offset, oldest, end)
        if found.n_lost or found.is_other_hub:
            metrics.SOURCE_EXPIRED.labels(self.name).inc(found.n_lost)
            what = "the hub was made anew" if found.is_other_hub else "expired before they were read"
            logger.error("messages_lost", door=self.name, partition=partition, messages=found.n_lost, why=what)
        return found.offset

    def _is_message(self, message: Message) -> bool:
        error, partition = message.error(), message.partition()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            self._errors.clear()
        if error is None:
            self._ended.discard(partition)
            self._next[partition] = message.offset() + 1
            return True
        if error.code() == KafkaError._PARTITION_EOF:
            self._ended.add(partition)
        elif error.code() in _GONE:
            self._is_placed = False
        else:
            self._errors.append(error)
        return False

    def _is_quiet(self, consumer: Consumer, waited_s: float) -> bool:
        """Whether nothing more is there now. Raises Misconfigured or Unavailable where that is not known."""
        is_answered = self._is_placed and self._ours is not None and self._ended >= self._ours
        if self._errors and not is_answered:
            self._complain(is_urgent=waited_s >= QUIET_S)
        if waited_s < QUIET_S:
            return False
        if self._errors:
            self._ask(consumer)
        if not is_answered and waited_s >= JOIN_S:
            raise self._wrong()
        return is_answered

    def _complain(self, *, is_urgent: bool) -> None:
        found = wrong(self._errors, self._access, self._settings.event_hubs_group, is_known=self._was_given)
        if is_urgent or not isinstance(found, Unavailable):
            raise found

    def _ask(self, consumer: Consumer) -> None:
        """A connection ended: that may be nothing, and librdkafka says no more. Raises Misconfigured or Unavailable."""
        try:
            consumer.list_topics(self._access.hub, timeout=ANSWER_S)
        except KafkaException:
            self._complain(is_urgent=True)
        self._errors.clear()

    def _commit(self, ends: dict[int, int]) -> None:
        hub = self._access.hub
        try:
            if self._consumer is None:
                raise KafkaException(KafkaError(KafkaError._STATE))
            offsets = [TopicPartition(hub, partition, end) for partition, end in ends.items()]
            done = self._consumer.commit(offsets=offsets, asynchronous=False)
            if refused := [one.error for one in done if one.error is not None]:
                raise KafkaException(refused[0])
        except KafkaException as error:
            self._is_placed = False  # back to what is committed
            raise self._wrong(error.args[0]) from None

    def _stay(self) -> None:
        consumer = self._consumer
        if consumer is None:
            return
        if self._is_placed and not self._is_paused:
            consumer.pause(consumer.assignment())
            self._is_paused = True
        while (message := consumer.poll(0)) is not None:
            if self._is_message(message):
                self._is_placed = False  # it came before the pause: it is read again

    def _go_on(self, consumer: Consumer) -> None:
        if self._is_placed and self._is_paused:
            consumer.resume(consumer.assignment())
        self._is_paused = False

    def _wrong(self, *errors: KafkaError) -> StreamsError:
        said = [*self._errors, *errors]
        return wrong(said, self._access, self._settings.event_hubs_group, is_known=self._was_given)

    def _tell_waiting(self, consumer: Consumer) -> None:
        waiting = 0
        for partition, offset in self._next.items():
            end = consumer.get_watermark_offsets(TopicPartition(self._access.hub, partition), cached=True)[1]
            waiting += max(0, end - offset)
        metrics.SOURCE_WAITING.labels(self.name).set(waiting)

    def _message(self, message: Message) -> SourceMessage:
        body = message.value() or b""
        kind, timestamp_ms = message.timestamp()
        made_at_ms = None if kind == TIMESTAMP_NOT_AVAILABLE else timestamp_ms
        envelope = read_envelope(HubProperties(_headers(message), message.key(), made_at_ms), self._access.hub)
        token = Place(message.partition(), message.offset(), self._turn)
        arrived_ms = time.time_ns() // 1_000_000
        return SourceMessage(token, len(body), partial(open_message, envelope, body, arrived_ms, self._bounds))


def _headers(message: Message) -> list[tuple[str, bytes | None]] | None:
    """None where a name is not UTF-8: the client cannot give them then."""
    try:
        return message.headers() or []
    except UnicodeDecodeError:
        return None
