"""The row of a summary since format 3. Behind its number: the version, the raw offset, and the rest as msgpack.

What can be told from something else is not in it: the id (which is in the key), the content's `source`, and times where
they are the version's.
"""

import struct
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from streams.events import DAY_US
from streams.payloads import Source, Summary, unknown_text
from streams.tables import rows
from streams.tables.sources import Maker
from streams.tables.summaries import layouts, packed_numbers
from streams.tables.summaries.repeated import RepeatFields
from streams.tables.summaries.short_texts import pack_id, unpack_id, unpack_word, word
from streams.tables.verdicts import NEVER_US, Version

_HEAD = struct.Struct(">qqqQ")
_BODY = rows.HEAD_BYTES + _HEAD.size
_Id = Any  # text or 16 bytes: msgspec decodes no union of the two


class Delivery(Protocol):
    """How a summary was delivered: of a provenance."""

    @property
    def id(self) -> str: ...
    @property
    def door(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def backfill_id(self) -> str: ...
    @property
    def created_ms(self) -> int | None: ...
    @property
    def received_ms(self) -> int | None: ...
    @property
    def offset(self) -> int: ...


class PackedRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """`day`: days since 1970, or a word. `event`: place of its action, or its whole type. `*_ms`: since the delivery.

    `*_before_us`: by how much before the version's `updated_at`; `date_after_us`: after the start of the calendar date.
    `more`: JSON of the content that has no field, and of an id that the key does not have.
    """

    day: int | str
    provider: str
    source_type: int | str
    app_id: str | None
    device_id: _Id
    workout_id: _Id
    sport: str | None
    client_user_id: _Id
    team_id: _Id
    event: int | str
    delivery_id: str
    door: int | str
    origin: int | str
    backfill_id: str
    created_ms: int | None
    received_ms: int | None
    created_before_us: int | None
    updated_before_us: int | None
    date_after_us: int | None
    has_id: bool
    numbers: bytes
    others: list[Any]
    unknown_fields: str | None
    problems: list[str]
    more: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(PackedRow).decode


def encode(
    version: Version, summary: Summary, day: str, delivery: Delivery, text: bytes, others: list[Any], more: bytes
) -> bytes:
    """The row. `text`, `others`: fields as their layout packs them; `more`: see `PackedRow`."""
    source, event, fields, at_ms = summary.source, summary.event, summary.fields, version.delivered_at_ms
    base_us, created_ms, received_ms = _base_us(version.updated_at_us), delivery.created_ms, delivery.received_ms
    created_us, updated_us, date_us = fields["created_at"], fields["updated_at"], fields.get("date_at")
    body = _encode(
        (
            int(day) if day.isdecimal() and day.isascii() else day,
            source.provider,
            word(source.type, source.type),
            source.app_id,
            source.device_id and pack_id(source.device_id),
            source.workout_id and pack_id(source.workout_id),
            source.sport,
            pack_id(event.client_user_id),
            pack_id(event.team_id),
            _pack_event(event.type.text, event.type.resource),
            delivery.id,
            word(delivery.door, delivery.door),
            word(delivery.origin, delivery.origin),
            delivery.backfill_id,
            None if created_ms is None else created_ms - at_ms,
            None if received_ms is None else received_ms - at_ms,
            None if created_us is None else base_us - created_us,
            None if updated_us is None else base_us - updated_us,
            None if date_us is None else date_us - (fields["calendar_date"] or 0) * DAY_US,
            "id" in summary.content,
            packed_numbers.pack(text),
            others,
            unknown_text(event, summary.unknown) if summary.unknown or event.unknown else None,
            event.problems,
            more,
        )
    )
    return b"".join((rows.SUMMARY.head, _HEAD.pack(*version, max(delivery.offset, 0)), body))


def decode(state: bytes) -> PackedRow:
    """What is behind the version and the offset."""
    return _decode(memoryview(state)[_BODY:])


def offset(state: bytes) -> int:
    """Of its raw record."""
    return int(_HEAD.unpack_from(state, rows.HEAD_BYTES)[3])


def repeated(state: bytes, resource: str, schema: str, id: str) -> RepeatFields:
    """Everything beside the version. Raises Misconfigured where a newer version knew more."""
    row = decode(state)
    updated_at_us, at_ms, _, _ = _HEAD.unpack_from(state, rows.HEAD_BYTES)
    fields = layouts.of(schema).unpack(packed_numbers.unpack(row.numbers), row.others)
    base_us, day_us = _base_us(updated_at_us), fields.get("calendar_date", 0) * DAY_US
    told = {
        "id": id,
        "created_at": None if row.created_before_us is None else base_us - row.created_before_us,
        "updated_at": None if row.updated_before_us is None else base_us - row.updated_before_us,
        "date_at": _plus(day_us, row.date_after_us),
    }
    return RepeatFields(
        day_of(row),
        source_of(row),
        unpack_id(row.client_user_id),
        unpack_id(row.team_id),
        _unpack_event(row.event, resource),
        row.delivery_id,
        _word(row.door),
        _word(row.origin),
        row.backfill_id,
        _plus(at_ms, row.created_ms),
        _plus(at_ms, row.received_ms),
        fields | {name: value for name, value in told.items() if value is not None},
        row.unknown_fields,
        row.problems,
    )


def source_of(row: PackedRow) -> Source:
    device_id, workout_id = row.device_id and unpack_id(row.device_id), row.workout_id and unpack_id(row.workout_id)
    return Source(row.provider, _word(row.source_type), row.app_id, device_id, workout_id, row.sport)


def day_of(row: PackedRow) -> str:
    """The day on which sources are compared, "" for none."""
    return str(row.day)


def maker_of(row: PackedRow) -> Maker:
    return Maker(row.provider, _word(row.source_type))


def _word(packed: int | str) -> str:
    try:
        return unpack_word(packed)
    except IndexError:
        rows.refuse(rows.SUMMARY, f"{rows.SUMMARY.writes} with more words")


def _base_us(updated_at_us: int) -> int:
    return 0 if updated_at_us == NEVER_US else updated_at_us


def _plus(one: int, other: int | None) -> int | None:
    return None if other is None else one + other


@lru_cache(maxsize=256)
def _pack_event(text: str, resource: str) -> int | str:
    head, _, action = text.rpartition(".")
    return word(action, text) if head == f"daily.data.{resource}" else text


def _unpack_event(packed: int | str, resource: str) -> str:
    return packed if isinstance(packed, str) else f"daily.data.{resource}.{_word(packed)}"
