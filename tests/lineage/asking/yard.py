"""What doors and workers leave on a real Kafka, written by their own code, and rows of it in an index."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from confluent_kafka import Consumer, Producer, TopicPartition

from streams.agents import assembly
from streams.engine.work.step import dead_letter
from streams.events import topics
from streams.events.headers import H_DETAIL, H_REASON, Headers, header
from streams.events.message_ids import new_message_id
from streams.events.proof import KnownSecrets, Proof, prove_record
from streams.events.signature import Keyring, Verified, sign
from streams.kafka import admin, registry
from streams.kafka.codec import Codec
from streams.kafka.login.librdkafka import for_librdkafka
from streams.lineage.asking.delivery_asker import DeliveryAsker
from streams.lineage.index.temporary import TemporaryIndex
from streams.lineage.known import DeadLetter, Reach
from streams.lineage.row import LineageRow, Tally
from streams.lineage.telling import Story, StoryStep
from streams.ops.errors import Rejected
from streams.ops.settings import Settings
from streams.tables.draft import Draft
from tests.agents.test_privacy import DATA, USER
from tests.folding import RawRecord
from tests.webhook_records import record_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SLEEP = "daily.data.sleep.created"
BROKEN = b'{"event_type": "daily.data.sleep.created", "user_id": "u", "data": []}'


def now_ms() -> int:
    return int(time.time() * 1000)


def new_id(n: int = 0, *, age_ms: int = 0) -> str:
    """Of a delivery that Junction made so long ago."""
    return new_message_id(now_ms() - age_ms, n.to_bytes(15, "big"))


def body_of(event_type: str = SLEEP, data: Any = None) -> bytes:
    found = DATA[event_type] if data is None else data
    return json.dumps({"event_type": event_type, "user_id": USER, "team_id": "t", "data": found}).encode()


class Stored(NamedTuple):
    """A raw record where it lies."""

    record: RawRecord
    received_ms: int


class Ground:
    """Topics and schemas, made once for many tests: each has a group, tables and an index of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        admin.apply(settings)
        self.folds = assembly.folds(Codec(registry.register(settings)), settings.topic_prefix)


class Yard:
    """Kafka, registry and index of one test."""

    def __init__(self, ground: Ground, index: TemporaryIndex) -> None:
        self.index, self._folds = index, ground.folds
        self.settings = settings = ground.settings.model_copy(update={"group_id": f"g{uuid.uuid4().hex[:10]}"})
        self._producer = Producer(for_librdkafka(settings) | {"log_level": 0, "message.max.bytes": 20_000_000})
        self._tables: dict[tuple[str, bytes], bytes] = {}
        self.emitted: list[tuple[str, int]] = []  # short names and offsets of all that was emitted
        self.index.reached = Reach(first_ms=now_ms() - 60_000, as_of_ms=now_ms() + 3_600_000, behind_s=0.0)

    def put(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers
    ) -> tuple[int, int]:
        """(offset, time) of a record. `topic`: full name."""
        where: list[Any] = []
        self._producer.produce(
            topic, value, key, partition, headers=headers, on_delivery=lambda error, message: where.append(message)
        )
        self._producer.flush()
        return where[0].offset(), where[0].timestamp()[1]

    def store(self, id: str, body: bytes | None = None) -> Stored:
        """As the gateway does with a signed webhook."""
        body = body_of() if body is None else body
        at_s = int(time.time())
        signed = (("svix-id", id), ("svix-timestamp", str(at_s)), ("svix-signature", sign(SECRET, id, at_s, body)))
        verified = Verified(id, at_s, 0, signed)
        made = record_of(body, verified, "junction", "", now_s=time.time(), settings=self.settings)
        offset, ms = self.put(made.topic, made.partition, made.key, body, made.headers)
        return Stored(RawRecord(made.topic, made.partition, offset, ms, made.key, body, made.headers), ms)

    def process(self, stored: Stored) -> LineageRow:
        """As a worker does: clean records or a dead letter, and a row in the index."""
        record = stored.record
        draft = Draft(lambda table, key: self._tables.get((table, key)), record.partition, now_ms())
        reason = detail = ""
        try:
            draft.run(self._folds[self.short(record.topic)], record)
        except Rejected as rejection:
            reason, detail = str(rejection.reason), rejection.detail
            dead_letter(draft, self.full(topics.DEAD_LETTERS), record, rejection)
        row = replace(self._row(stored, draft), reason=reason, detail=detail)
        self._emit(draft, row)
        for table, rows in draft.tables.items():
            self._tables.update({(table, key): value for key, value in rows.items() if value is not None})
        self.told(row)
        return row

    def _emit(self, draft: Draft, row: LineageRow) -> None:
        for emit in draft.emits:
            headers = list(emit.headers or [])
            offset, ms = self.put(emit.topic, row.partition, emit.key, emit.value, headers)
            self.emitted.append((self.short(emit.topic), offset))
            if emit.topic == self.full(topics.DEAD_LETTERS):
                self.index.writer.add_letter(
                    DeadLetter(
                        partition=row.partition, offset=offset, raw_topic=row.raw_topic, raw_partition=row.partition,
                        raw_offset=row.offset, delivery_id=row.delivery_id, owner_id=USER, event_type=row.event_type,
                        resource=row.resource, reason=header(headers, H_REASON), detail=header(headers, H_DETAIL),
                        dead_ms=ms,
                    )
                )  # fmt: skip

    def _row(self, stored: Stored, draft: Draft) -> LineageRow:
        record = stored.record
        clean = Counter(
            self.short(emit.topic) for emit in draft.emits if self.short(emit.topic) in topics.clean_topics()
        )
        return LineageRow(
            delivery_id=header(record.headers, "ce_id"),
            raw_topic=self.short(record.topic),
            partition=record.partition,
            offset=record.offset,
            processed_ms=draft.now_ms,
            worker="w0",
            version="1",
            created_ms=stored.received_ms - 50,
            received_ms=stored.received_ms,
            owner_id=USER,
            event_type=header(record.headers, "ce_type"),
            resource="sleep",
            door="webhook",
            clean=tuple(Tally(*one) for one in clean.items()),
        )

    def told(self, *rows: LineageRow) -> None:
        """Rows into the index."""
        self.index.writer.add(rows)
        self.index.writer.commit()

    def commit(self, group: str, topic: str, partition: int, offset: int) -> None:
        """An offset of a group. `topic`: short name."""
        consumer = Consumer(for_librdkafka(self.settings) | {"group.id": group, "log_level": 0})
        consumer.commit(offsets=[TopicPartition(self.full(topic), partition, offset)], asynchronous=False)
        consumer.close()

    def workers_passed(self, stored: Stored) -> None:
        """The workers have committed up to behind it."""
        record = stored.record
        self.commit(self.settings.group_id, self.short(record.topic), record.partition, record.offset + 1)

    def full(self, short: str) -> str:
        return f"{self.settings.topic_prefix}.{short}"

    def short(self, full: str) -> str:
        return full.removeprefix(f"{self.settings.topic_prefix}.")

    @contextmanager
    def asker(self, **more: Any) -> Any:
        """What is asked, with the secret that signed."""
        asker = DeliveryAsker(self.settings, self.index, **{"prove": proves([SECRET]), **more})
        try:
            yield asker
        finally:
            asker.close()

    def story(self, id: str, *, show_values: bool = False, **more: Any) -> Story:
        """Of one question."""
        with self.asker(**more) as asker:
            found: Story = asker.story(id, show_values=show_values)
            return found


def proves(secrets: Sequence[str]) -> Any:
    known = [KnownSecrets("junction", Keyring.parse(secrets))]

    def prove(headers: Headers, body: bytes) -> Proof:
        return prove_record(known, headers, body, tolerance_s=300)

    return prove


def step(story: Story, kind: str) -> StoryStep:
    return next(one for one in story.steps if one.kind == kind)


def kinds(story: Story) -> list[str]:
    return [one.kind for one in story.steps]
