"""Raw topics searched for an id that has no row: behind what the workers have committed, and a little before."""

import time
from collections.abc import Callable, Collection, Mapping
from functools import partial

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException, Message, TopicPartition

from streams.events import H_REDRIVEN_FROM, header, topics
from streams.kafka.clients import asking
from streams.kafka.refused import refused
from streams.lineage.asking.places import ANSWER_S, Bounds, Place, Places
from streams.lineage.asking.raw_look import delivery_of
from streams.lineage.delivery.facts import RawPlace, TailLook
from streams.lineage.words import moment
from streams.ops.settings import MIB, Settings

BOUNDS = Bounds()
FRESH_MS = 10_000  # what was stored lately is read though it is committed: its row may still be on its way
SLACK_MS = 60_000  # a broker's clock and Junction's may be so far apart

_TO_DO = "what the workers have still to do"
IsIt = Callable[[Message], bool]


class Tail:
    """Asks and reads over open consumers. `close` it."""

    def __init__(self, settings: Settings, places: Places) -> None:
        self._settings, self._places = settings, places
        self._group: Consumer = asking(settings, "lineage-group", "read_committed")
        names = [f"{settings.topic_prefix}.{name}" for name in topics.RAW]
        self._partitions = [(name, partition) for name in names for partition in range(settings.partitions)]

    def look(
        self, delivery_id: str, since_ms: int | None = None, bounds: Bounds = BOUNDS, redriven_from: str = ""
    ) -> tuple[TailLook, Message | None]:
        """Where it is, and the record. `since_ms`: all that was stored since then is searched, too, Unix ms.

        `redriven_from`: of the id only what was made of this dead letter, partition:offset; "" for any. Raises
        Unavailable, Misconfigured.
        """
        is_it = partial(_is_it, delivery_id, redriven_from)
        asked_ms = int(time.time() * 1000)
        committed = self._committed()
        starts = self._starts(committed, asked_ms - FRESH_MS)
        found, is_whole = self._search(starts, is_it, bounds)
        if found is None and is_whole and since_ms is not None:
            return self._long_ago(is_it, since_ms - SLACK_MS, asked_ms, committed, bounds)
        unread = "" if found or is_whole else _unread(bounds, _TO_DO)
        return self._told(found, committed, asked_ms, unread), found

    def stored(self, ids: Collection[str], bounds: Bounds = BOUNDS) -> tuple[frozenset[str], str]:
        """Which of these deliveries wait for workers or came a moment ago; a phrase where not all was read, else "".

        Raises Unavailable, Misconfigured.
        """
        found = set[str]()

        def is_enough(message: Message) -> bool:
            if (id := delivery_of(message.headers() or [])) in ids:
                found.add(id)
            return len(found) == len(ids)

        starts = self._starts(self._committed(), int(time.time() * 1000) - FRESH_MS)
        is_whole = self._read(starts, bounds, is_enough)
        return frozenset(found), "" if is_whole else _unread(bounds, _TO_DO)

    def close(self) -> None:
        self._group.close()

    def _long_ago(
        self, is_it: IsIt, since_ms: int, asked_ms: int, committed: Mapping[Place, int], bounds: Bounds
    ) -> tuple[TailLook, Message | None]:
        """All that was stored since then: of some of it there may be no rows."""
        starts = self._places.from_times(dict.fromkeys(self._partitions, since_ms))
        found, is_whole = self._search(starts, is_it, bounds)
        told = self._told(found, committed, asked_ms, "")
        partly = "" if found or is_whole else _unread(bounds, f"what raw topics have since {moment(since_ms)}")
        return told._replace(since_ms=since_ms if is_whole else 0, partly=partly), found

    def _committed(self) -> dict[Place, int]:
        """Of the workers' group; OFFSET_BEGINNING where it has committed nothing."""
        try:
            found = self._group.committed([TopicPartition(*one) for one in self._partitions], timeout=ANSWER_S)
        except KafkaException as error:
            raise refused("Kafka does not say where the workers are", error.args[0], is_question=True) from None
        for one in found:
            if one.error:
                raise refused("Kafka does not say where the workers are", one.error, is_question=True)
        return {(one.topic, one.partition): one.offset if one.offset >= 0 else OFFSET_BEGINNING for one in found}

    def _starts(self, committed: Mapping[Place, int], fresh_ms: int) -> dict[Place, int]:
        """From what is committed on, or earlier where something came lately; no place where nothing can be found."""
        fresh = self._places.from_times(dict.fromkeys(committed, fresh_ms))
        starts: dict[Place, int] = {}
        for place, offset in committed.items():
            newest = fresh[place]
            if newest == OFFSET_END:  # nothing came lately
                starts[place] = offset
            else:
                starts[place] = min(offset, newest)
        return starts

    def _search(self, starts: Mapping[Place, int], is_it: IsIt, bounds: Bounds) -> tuple[Message | None, bool]:
        """(the record, whether all was read)."""
        wanted: list[Message] = []

        def is_enough(message: Message) -> bool:
            if not wanted and is_it(message):
                wanted.append(message)
            return bool(wanted)

        is_whole = self._read(starts, bounds, is_enough)
        return (wanted[0] if wanted else None), is_whole

    def _read(self, starts: Mapping[Place, int], bounds: Bounds, is_enough: IsIt) -> bool:
        """Whether all was read. What starts where Kafka has nothing is read from its beginning."""
        scanned = self._places.scan(starts, bounds, is_enough)
        lost = dict.fromkeys(scanned.lost, OFFSET_BEGINNING)
        return scanned.is_whole and (not lost or self._places.scan(lost, bounds, is_enough).is_whole)

    def _told(self, found: Message | None, committed: Mapping[Place, int], asked_ms: int, unread: str) -> TailLook:
        if found is None:
            return TailLook(asked_ms, unread=unread)
        place = (found.topic(), found.partition())
        behind = found.offset() - max(committed[place], 0)
        short = RawPlace(place[0].removeprefix(f"{self._settings.topic_prefix}."), place[1], found.offset())
        is_passed = committed[place] > found.offset()
        return TailLook(asked_ms, place=short, before=max(behind, 0), is_passed=is_passed)


def _is_it(delivery_id: str, redriven_from: str, message: Message) -> bool:
    headers = message.headers() or []
    return delivery_of(headers) == delivery_id and redriven_from in ("", header(headers, H_REDRIVEN_FROM))


def _unread(bounds: Bounds, what: str) -> str:
    return f"{what} is more than was searched ({bounds.bytes_max // MIB} MiB or {bounds.seconds:g} s)"
