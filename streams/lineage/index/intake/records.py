"""A record of each topic as what the index keeps of it: names, places and times; of a dead letter its headers alone."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from confluent_kafka import Message

from streams.events import header, ids, key_parts, parse_type, topics
from streams.events.headers import (
    H_DETAIL,
    H_FROM_OFFSET,
    H_FROM_PARTITION,
    H_FROM_TOPIC,
    H_ID,
    H_PARTITION_KEY,
    H_REASON,
    H_SUBJECT,
    H_SVIX_ID,
    H_TYPE,
)
from streams.events.times import millis
from streams.kafka import codec
from streams.kafka.decoder import Decoder
from streams.kafka.writer_schemas import ForeignSchema, WriterSchemas
from streams.letters.topic_reader import RedriveMark
from streams.lineage.columns import rows_of
from streams.lineage.index.beside import Place
from streams.lineage.index.rows import wire
from streams.lineage.index.writer import IndexWriter
from streams.lineage.known import AlertAttempt, AlertSeen, DeadLetter, History, Link
from streams.lineage.observed import shown
from streams.ops.errors import Unreadable
from streams.ops.settings import Settings

_NOT_IT = (
    *(msgspec.MsgspecError, ValueError, KeyError, TypeError, OverflowError, RecursionError),
    *(struct.error, IndexError, AttributeError),  # numbers too large for a key, words that are no words
)
Json = Mapping[str, Any]

SMALL = (
    topics.DEAD_LETTERS,
    topics.REDRIVEN,
    topics.ALERTS,
    topics.ALERT_DELIVERIES,
    topics.CONNECTIONS,
    topics.BACKFILLS,
)
_HEAD_BYTES = 5
_mark = msgspec.json.Decoder(RedriveMark).decode


class RecordIntake:
    """Hands what records say to a writer. One for each reader of topics."""

    def __init__(self, settings: Settings, writer: IndexWriter) -> None:
        self._prefix = f"{settings.topic_prefix}."
        self._writer = writer
        self._schemas = WriterSchemas(settings)
        self._decoder = Decoder(settings, is_plain=True)
        self._layouts: dict[int, tuple[str, wire.Layout | None]] = {}
        self._of: dict[str, Callable[[Message], int]] = {
            topics.LINEAGE: self._lineage,
            topics.DEAD_LETTERS: self._letter,
            topics.REDRIVEN: self._redriven,
            topics.ALERTS: self._alert,
            topics.ALERT_DELIVERIES: self._attempt,
            topics.CONNECTIONS: self._connection,
            topics.BACKFILLS: self._backfill,
        }

    def take(self, message: Message) -> int:
        """One record; returns when its rows were processed, Unix ms, 0 where it has none.

        Raises Unreadable, IndexFull, IndexDamaged; UnknownSchema for lineage whose schema the registry may know soon;
        Unavailable or Misconfigured where the registry does not say.
        """
        try:
            return self._of[message.topic().removeprefix(self._prefix)](message)
        except _NOT_IT as error:
            raise Unreadable(f"not what its topic holds ({type(error).__name__})") from None

    def _lineage(self, message: Message) -> int:
        value = message.value() or b""
        name, layout = self._layout(value)
        if name != "junction.Lineage":
            raise Unreadable("the schema of another topic")
        if layout is not None:
            try:
                columns = wire.split(value[_HEAD_BYTES:], layout)
                self._writer.add_columns(columns, message.partition())
                return int(columns["processed_at"])
            except ValueError:  # lists in pieces, as other writers make them: the general reader decides
                pass
        record = self._decoder.record(message.topic(), value)
        self._writer.add(rows_of(record, message.partition()))
        return int(record["processed_at"])

    def _layout(self, value: bytes) -> tuple[str, wire.Layout | None]:
        """Name and layout of the schema that wrote a record."""
        try:
            id = codec.schema_id(value)
            if id not in self._layouts:
                schema = self._schemas.writer(id)
                self._layouts[id] = (str(schema.get("name")), wire.layout_of(codec.bare(schema)))
        except (ForeignSchema, AttributeError):
            raise Unreadable("the schema of another topic") from None
        return self._layouts[id]

    def _letter(self, message: Message) -> int:
        headers = list(message.headers() or [])
        self._writer.add_letter(
            letter_of(headers, message.partition(), message.offset(), message.timestamp()[1], self._prefix)
        )
        return 0

    def _redriven(self, message: Message) -> int:
        if message.value() is None:
            return 0
        partition, _, offset = (message.key() or b"").decode().partition(":")
        mark = _mark(message.value() or b"")
        self._writer.add_mark(int(partition), int(offset), mark.at_ms, millis(mark.redriven_at) or mark.at_ms)
        return 0

    def _record(self, message: Message) -> Json | None:
        value = message.value()
        return None if value is None else self._decoder.record(message.topic(), value)

    def _alert(self, message: Message) -> int:
        if (record := self._record(message)) is not None:
            self._writer.add_alert(*alert_of(record, self._prefix))
        return 0

    def _attempt(self, message: Message) -> int:
        if (record := self._record(message)) is not None:
            self._writer.add_attempt(record["alert_id"], record["revision"], attempt_of(record), record["user_id"])
        return 0

    def _connection(self, message: Message) -> int:
        record = self._record(message)
        if record is None:
            user_id, provider = _key_parts(message, 2)
            self._writer.put_link(user_id, shown(provider), None)
            return 0
        self._writer.put_link(record["user_id"], shown(record["provider"]), link_of(record))
        self._writer.add_client(record["client_user_id"] or "", record["user_id"], record["processed_at"])
        return 0

    def _backfill(self, message: Message) -> int:
        record = self._record(message)
        if record is None:
            user_id, provider, resource = _key_parts(message, 3)
            self._writer.put_history(user_id, shown(provider), resource, None)
            return 0
        provider = shown(record["provider"])
        self._writer.put_history(record["user_id"], provider, record["resource"], history_of(record))
        self._writer.add_client(record["client_user_id"] or "", record["user_id"], record["processed_at"])
        return 0


def _key_parts(message: Message, n: int) -> list[str]:
    """The parts of a key. Raises ValueError where it has another number of them."""
    owner, *rest = key_parts.split(":", (message.key() or b"").decode())
    if len(rest) != n - 1:
        raise ValueError("a key of another form")
    return [ids.canonical(owner), *rest]


def letter_of(headers: list[tuple[str, bytes]], partition: int, offset: int, at_ms: int, prefix: str) -> DeadLetter:
    """A dead letter by its headers. `prefix`: of our topics, with its dot."""

    def number(name: str) -> int:
        text = header(headers, name)
        return int(text) if text.isdecimal() else -1

    event_type = header(headers, H_TYPE)
    return DeadLetter(
        partition=partition,
        offset=offset,
        raw_topic=header(headers, H_FROM_TOPIC).removeprefix(prefix),
        raw_partition=number(H_FROM_PARTITION),
        raw_offset=number(H_FROM_OFFSET),
        delivery_id=header(headers, H_ID) or header(headers, H_SVIX_ID),
        owner_id=ids.canonical(header(headers, H_SUBJECT) or header(headers, H_PARTITION_KEY)),
        event_type=event_type,
        resource=parse_type(event_type).resource,
        reason=header(headers, H_REASON),
        detail=header(headers, H_DETAIL),
        dead_ms=at_ms,
    )


def alert_of(record: Json, prefix: str) -> tuple[AlertSeen, tuple[Place, ...]]:
    """A step of an alert, and the raw records that it names."""
    alert = AlertSeen(
        alert_id=record["id"],
        revision=record["revision"],
        user_id=record["user_id"],
        rule=record["rule"],
        severity=record["severity"],
        life=record["life"],
        at_ms=record["at"],
        evidence=(),
    )
    named = [one for one in record["evidence"] if one["raw_topic"]]
    return alert, tuple(
        (one["raw_topic"].removeprefix(prefix), one["raw_partition"], one["raw_offset"]) for one in named
    )


def attempt_of(record: Json) -> AlertAttempt:
    """An attempt to bring a step of an alert to somebody."""
    return AlertAttempt(
        receiver=record["receiver"],
        status=record["status"],
        reason=record["reason"],
        attempt=record["attempt"],
        at_ms=record["at"],
    )


def link_of(record: Json) -> Link:
    """A user's connection to a provider."""
    return Link(
        provider=shown(record["provider"]),
        status=record["status"],
        since_ms=record["since"],
        error_type=record["error_type"] or "",
        error_ms=record["error_at"] or 0,
        available=tuple(record["resources_available"]),
        unavailable=tuple(record["resources_unavailable"]),
    )


def history_of(record: Json) -> History:
    """A backfill. Its range is what we fetch, or else what the notice said."""
    start_us = record["fetch_start"] or record["range_start"] or 0
    end_us = record["fetch_end"] or record["range_end"] or 0
    return History(
        provider=shown(record["provider"]),
        resource=record["resource"],
        status=record["status"],
        reason=record["reason"],
        share=record["share"],
        start_ms=start_us // 1000,
        end_ms=end_us // 1000,
        progress_ms=record["progress_at"] or record["notified_at"] or 0,
    )
