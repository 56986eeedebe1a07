"""Clean records of a lineage row: found by time in the partition of the same number, told apart by what they name."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from confluent_kafka import Message

from streams.events import resources, topics
from streams.kafka.decoder import Decoder
from streams.lineage.asking.places import Bounds, Place, Places
from streams.lineage.delivery.facts import CleanLook, CleanSeen
from streams.lineage.row import LineageRow
from streams.ops.errors import StreamsError, Unavailable, Unreadable
from streams.ops.settings import Settings

BOUNDS = Bounds()
EARLY_MS = 500  # its time is that of the commit, a little behind the row's; a clock may be set back between
REST_S = 10.0  # behind a question that the registry did not answer: no other record waits for it
LATE_MS = 60_000  # a transaction is committed in so long, or not at all
# Their records name the raw place at most, and have answers of their own.
_WITHOUT_ID = (topics.ALERTS, topics.ALERT_DELIVERIES, topics.DRIFT, topics.RECONCILIATIONS)
_SEARCHED = frozenset(name for name in topics.clean_topics() if name not in _WITHOUT_ID)


class CleanRecords:
    """Looks for them over open consumers."""

    def __init__(self, settings: Settings, places: Places) -> None:
        self._settings, self._places, self._decoder = settings, places, Decoder(settings)
        self._rests_until_s = 0.0

    def look(self, row: LineageRow, *, show_values: bool = False, bounds: Bounds = BOUNDS) -> CleanLook:
        """Those that the row counts. Never raises for Kafka or the registry."""
        wanted = {(self._full(name), row.partition): n for name, n in row.clean if name in _SEARCHED}
        if not wanted:
            return CleanLook()
        try:
            starts = self._places.from_times(dict.fromkeys(wanted, row.processed_ms - EARLY_MS))
            search, is_whole = self._searched(row, wanted, starts, bounds, show_values=show_values)
            if search.troubles and not is_whole:  # the time went into waiting for the registry, which rests now
                search, is_whole = self._searched(row, wanted, starts, bounds, show_values=show_values)
        except StreamsError as error:
            return CleanLook((), (f"clean records cannot be read: {error}",))
        return CleanLook(tuple(sorted(search.seen, key=_place)), tuple(search.missing(is_whole=is_whole)))

    def _searched(
        self, row: LineageRow, wanted: Mapping[Place, int], starts: Mapping[Place, int], bounds: Bounds, *,
        show_values: bool,
    ) -> "tuple[_Search, bool]":  # fmt: skip
        search = _Search(self, row, wanted, show_values=show_values)
        return search, self._places.scan(starts, bounds, search.is_enough).is_whole

    def _full(self, name: str) -> str:
        return f"{self._settings.topic_prefix}.{name}"

    def decoded(self, message: Message) -> Mapping[str, Any]:
        """Raises Unreadable; Unavailable or Misconfigured where the registry does not say, or did not just now."""
        if time.monotonic() < self._rests_until_s:
            raise Unavailable("the schema registry does not answer")
        try:
            return self._decoder.record(message.topic(), message.value())
        except Unavailable:
            self._rests_until_s = time.monotonic() + REST_S
            raise

    def short(self, name: str) -> str:
        """A topic's name without the prefix."""
        return name.removeprefix(f"{self._settings.topic_prefix}.")


def _place(one: CleanSeen) -> tuple[str, int]:
    return (one.topic, one.offset)


class _Search:
    """What was found of one row."""

    def __init__(
        self, records: CleanRecords, row: LineageRow, wanted: Mapping[Place, int], *, show_values: bool
    ) -> None:
        self._records, self._row, self._wanted, self._show = records, row, wanted, show_values
        self._id = row.delivery_id.encode("utf-8", "replace")
        self._found: Counter[Place] = Counter()
        self.troubles: dict[str, None] = {}
        self.seen: list[CleanSeen] = []

    def is_enough(self, message: Message) -> bool:
        """Take a record if it is one of them."""
        place = (message.topic(), message.partition())
        value = message.value()
        if value and self._id in value and (one := self._read(message)) is not None:
            self._found[place] += 1
            self.seen.append(one)
        is_late = message.timestamp()[1] > self._row.processed_ms + LATE_MS
        return is_late or self._found[place] >= self._wanted[place]

    def _read(self, message: Message) -> CleanSeen | None:
        try:
            record = self._records.decoded(message)
        except Unreadable:
            return None
        except StreamsError as error:  # its bytes have the id: it is one of them, though nobody can read it now
            self.troubles[f"clean records are not decoded: {error}"] = None
            return self._seen(message, {}, shown=None)
        if not self._is_of_row(record):
            return None
        return self._seen(message, record, shown=plain(record) if self._show else None)

    def _is_of_row(self, record: Mapping[str, Any]) -> bool:
        """By the delivery, and by the raw place where it names one: the same id may have come twice."""
        delivery = record.get("delivery")
        if not isinstance(delivery, Mapping):
            return bool(record.get("delivery_id") == self._row.delivery_id)
        topic = self._records.short(str(delivery["raw_topic"]))
        place = (topic, delivery["raw_partition"], delivery["raw_offset"])
        return bool(delivery["id"] == self._row.delivery_id) and place == self._row.place

    def _seen(self, message: Message, record: Mapping[str, Any], shown: Mapping[str, Any] | None) -> CleanSeen:
        name, times = self._records.short(message.topic()), record.get("times")
        return CleanSeen(
            topic=name,
            partition=message.partition(),
            offset=message.offset(),
            at_ms=message.timestamp()[1],
            size_bytes=len(message.value()),
            verdict=str(record.get("verdict", "")),
            samples=len(times) if isinstance(times, list) else 0,
            unit=resources.RESOURCES[name].unit if name in resources.RESOURCES else "",
            record=shown,
        )

    def missing(self, *, is_whole: bool) -> Iterator[str]:
        """A sentence for each topic of which the row counts more, and for what could not be decoded."""
        yield from self.troubles
        why = "the rest has expired, or is of other deliveries" if is_whole else "no more of it was read, for its size"
        for (name, partition), n in self._wanted.items():
            if (found := self._found[(name, partition)]) < n:
                yield f"{found:,} of {n:,} records in {self._records.short(name)} {partition} were found: {why}"


def plain(value: Any) -> Any:
    """A decoded value as JSON has it: times as text, bytes as hex."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
