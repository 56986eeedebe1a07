"""Raw records in memory, as the log on Kafka gives them, and what Junction sends by two ways."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.doors.compare import DiffOrder, DoorDiff, diff
from streams.doors.raw_records import RawRecord
from streams.events import DoorName, intake, partition_for
from streams.events.headers import Delivery
from streams.events.times import DAY_MS, HOUR_MS, MINUTE_MS, rfc3339

NOW_MS = 1_780_480_800_000  # 2026-06-03T10:00:00Z
SINCE_MS, GRACE_MS = NOW_MS - 2 * DAY_MS, 15 * MINUTE_MS
USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
PARTITIONS = 3


def sleep(
    id: str = "s1", *, score: float = 80, updated_ms: int = NOW_MS - 5 * HOUR_MS, user: str = USER
) -> dict[str, Any]:
    """A summary: a night of the day on which it was updated."""
    times = {"updated_at": rfc3339(updated_ms), "bedtime_start": rfc3339(updated_ms - 8 * HOUR_MS)}
    data = {"id": id, "score": score, "source": {"provider": "oura", "type": "ring"}, **times, "latency": None}
    return event("daily.data.sleep.updated", data, user)


def heartrate(*values: int, at_ms: int = NOW_MS - 6 * HOUR_MS, user: str = USER) -> dict[str, Any]:
    """A sample a minute."""
    rows = [{"timestamp": rfc3339(at_ms + n * MINUTE_MS), "value": one, "unit": "bpm"} for n, one in enumerate(values)]
    return event("daily.data.heartrate.created", {"source": {"provider": "oura", "type": "ring"}, "data": rows}, user)


def notice(resource: str = "sleep", provider: str = "oura") -> dict[str, Any]:
    """That the history of a resource is complete."""
    data = {"provider": provider, "start_date": rfc3339(NOW_MS - 90 * DAY_MS), "end_date": rfc3339(NOW_MS)}
    return event(f"historical.data.{resource}.created", data)


def event(event_type: str, data: Any, user: str = USER) -> dict[str, Any]:
    return {"event_type": event_type, "user_id": user, "team_id": "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310", "data": data}


@dataclass
class MemoryLog:
    """A fake of the raw topics: records in the order in which they came, read in any order."""

    records: list[RawRecord] = field(default_factory=list)
    order: int = 0
    read_again: int = 0

    def put(
        self, door: str, body: Any, received_ms: int = NOW_MS - 4 * HOUR_MS, *, sent_ms: int | None = None, id: str = ""
    ) -> RawRecord:
        """A record as the door writes it. `body`: JSON, or bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = rfc3339(received_ms - 100 if sent_ms is None else sent_ms)
        made = intake.record_of(
            raw, Delivery(id or f"{door}-{len(self.records)}", door, "e", sent, rfc3339(received_ms))
        )
        topic, partition = f"t.{made.topic}", partition_for(made.partition_key, PARTITIONS)
        offset = sum((one.topic, one.partition) == (topic, partition) for one in self.records)
        record = RawRecord(topic, partition, offset, received_ms, made.key, raw, dict(made.headers))
        self.records.append(record)
        return record

    def both(
        self, body: Any, received_ms: int = NOW_MS - 4 * HOUR_MS, pipeline: str = "pubsub", late_ms: int = 500
    ) -> None:
        """An event that comes as a webhook, then through a pipeline."""
        self.put("webhook", body, received_ms)
        self.put(pipeline, body, received_ms + late_ms)

    def since(self, since_ms: int) -> Iterable[RawRecord]:
        return self._shuffled([one for one in self.records if one.stored_ms >= since_ms])

    def at(self, places: Mapping[tuple[str, int], Sequence[int]]) -> Iterator[RawRecord]:
        wanted = {(*place, offset) for place, offsets in places.items() for offset in offsets}
        for one in self._shuffled(self.records):
            if (one.topic, one.partition, one.offset) in wanted:
                self.read_again += 1
                yield one

    def _shuffled(self, records: list[RawRecord]) -> list[RawRecord]:
        return random.Random(self.order).sample(records, len(records))


def compared(log: MemoryLog, keep: str | None = None, *, named_max: int = 20, grace_ms: int = GRACE_MS) -> DoorDiff:
    """The doors of a log, as of NOW_MS."""
    return diff(log, DiffOrder(SINCE_MS, NOW_MS, grace_ms, DoorName(keep) if keep else None, named_max))
