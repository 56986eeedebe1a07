"""`python -m benchmarks.lineage.world ROWS USERS A_RECORD`: made-up records of `junction.lineage` to stdout.

Thirty days of deliveries in the order of their time, of users that come by chance: six of ten are samples, a tenth of
the rest has changed fields. Ids are as those of Svix, entities have UUIDs. Each record: its partition (1 byte), its
length (4 bytes, big-endian), and Avro without what stands before it on the wire.
"""

import json
import random
import sys
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from streams.events.schemas import schema_text
from streams.events.times import DAY_MS
from streams.kafka import codec

DAYS = 30
PARTITIONS = 12
START_MS = 20_600 * DAY_MS
HEAD_BYTES = 5

_SERIES = ("heartrate", "steps", "hrv", "glucose", "calories_active", "distance")
_SUMMARIES = ("sleep", "activity", "workouts", "body")
_PROVIDERS = ("oura", "fitbit", "garmin", "whoop_v2", "withings", "apple_health_kit")
_FIELDS = ("score", "average_hrv", "duration", "efficiency", "light", "deep", "rem", "calories_total", "steps")


class Told(NamedTuple):
    """What is remembered of a row to ask for it."""

    delivery_id: str
    owner_id: str
    resource: str


def user(number: int) -> str:
    """Id of a user, the same in each process."""
    return uuid_text(f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}")


def uuid_text(digits: str) -> str:
    """32 digits as a UUID."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Shape(NamedTuple):
    """How much of what: `rows` in all, `a_record` of them in each record."""

    rows: int
    users: int
    a_record: int

    @property
    def records(self) -> int:
        """How many."""
        return -(-self.rows // self.a_record)


class _Lists:
    """Columns of a record, as a worker writes them."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {"": 0}
        schema = json.loads(schema_text("Lineage"))
        self.of = {one["name"]: [] for one in schema["fields"] if isinstance(one["type"], dict)}
        self.of.pop("processed_at")

    def word(self, word: str) -> int:
        """Its place."""
        return self.words.setdefault(word, len(self.words))

    def add(self, **values: Any) -> None:
        """A value to each of these columns: of a text its place."""
        for name, value in values.items():
            self.of[name].append(self.word(value) if isinstance(value, str) else value)


def record_of(shape: Shape, number: int) -> tuple[int, dict[str, Any]]:
    """(partition, record) of one of them; the same each time."""
    dice = random.Random(number)
    first = number * shape.a_record
    n = min(shape.a_record, shape.rows - first)
    at_ms = START_MS + (first + n) * DAYS * DAY_MS // shape.rows
    lists = _Lists()
    ids = b64encode(dice.randbytes(21 * n), b"xy").decode()
    lists.of["delivery_ids"] += [f"msg_{ids[28 * row : 28 * row + 27]}" for row in range(n)]
    for row in range(n):
        _add(lists, dice, user(dice.randrange(shape.users)), first + row, at_ms)
    head = {"processed_at": at_ms, "worker": f"w{number % 3}", "version": "0.1.0"}
    return number % PARTITIONS, head | lists.of | {"words": list(lists.words)}


def _add(lists: _Lists, dice: random.Random, owner: str, offset: int, at_ms: int) -> None:
    is_series, provider = dice.random() < 0.6, dice.choice(_PROVIDERS)
    resource = dice.choice(_SERIES if is_series else _SUMMARIES)
    verdict = dice.choice(("NEW", "NEW", "SAME", "CHANGED"))
    received_ms = at_ms - dice.randrange(50, 400)
    end_s = received_ms // 1000 - dice.randrange(60, 7200)
    begin_s = end_s - dice.randrange(60, 30_000)
    lists.add(
        raw_topics="raw.timeseries" if is_series else "raw.summaries",
        offsets=offset,
        redriven_from="",
        created_at=received_ms - dice.randrange(500, 3_000),
        received_at=received_ms,
        owners=owner,
        event_types=f"daily.data.{resource}.{'created' if verdict == 'NEW' else 'updated'}",
        resources=resource,
        doors="webhook",
        origins="incremental",
        backfills="",
        providers=provider,
        source_types="watch",
        first_times=begin_s * 1_000_000,
        last_times=end_s * 1_000_000,
        first_days=begin_s // 86_400,
        last_days=end_s // 86_400,
        reasons="",
        details="",
        entities=0 if is_series else 1,
        alerts=0,
        clean=0 if verdict == "SAME" else 1,
        verdicts=0 if not is_series else 2 if verdict == "CHANGED" else 1,
    )
    if is_series:
        lists.add(verdict_names=verdict, verdict_counts=dice.randrange(1, 200))
        if verdict == "CHANGED":
            lists.add(verdict_names="SAME", verdict_counts=40)
    else:
        _add_entity(lists, dice, verdict)
    if verdict != "SAME":
        lists.add(clean_topics=resource, clean_counts=1)


def _add_entity(lists: _Lists, dice: random.Random, verdict: str) -> None:
    changed = dice.sample(_FIELDS, dice.randrange(1, 5)) if verdict == "CHANGED" else []
    lists.of["entity_ids"].append(uuid_text(dice.randbytes(16).hex()))
    lists.add(entity_verdicts=verdict, entity_changes=len(changed))
    lists.of["changed_names"] += map(lists.word, changed)


def told(record: dict[str, Any]) -> Iterator[Told]:
    """The rows of a record, as they are asked for."""
    words = record["words"]
    for id, owner, resource in zip(record["delivery_ids"], record["owners"], record["resources"], strict=True):
        yield Told(id, words[owner], words[resource])


def write(out: BinaryIO, shape: Shape) -> None:
    """All records."""
    encode = codec.writer("Lineage")
    for number in range(shape.records):
        partition, record = record_of(shape, number)
        body = encode(record)
        out.write(partition.to_bytes(1, "big") + len(body).to_bytes(4, "big") + body)
    out.flush()


def read(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(partition, bytes) of what `write` wrote."""
    while head := source.read(HEAD_BYTES):
        yield head[0], source.read(int.from_bytes(head[1:], "big"))


if __name__ == "__main__":
    write(sys.stdout.buffer, Shape(*map(int, sys.argv[1:])))
