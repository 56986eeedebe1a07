"""What stands beside the rows of deliveries, as bytes: dead letters, alerts, links, histories. Pure."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from streams.lineage.index.rows import compact, keys
from streams.lineage.index.rows.packed import owner_digest
from streams.lineage.known import AlertAttempt, AlertSeen, DeadLetter, History, Link

Rows = dict[bytes, bytes]
T = TypeVar("T")

PLACE_BYTES, STEP_BYTES = 8, 12

Place = tuple[str, int, int]  # of a raw record: topic (short name), partition, offset

_encode = msgspec.msgpack.Encoder().encode


def place_prefix(raw_topic: str, partition: int, offset: int) -> bytes:
    """What stands for a raw record in keys."""
    return compact.digest(f"{raw_topic} {partition}:{offset}")[:PLACE_BYTES]


def id_prefix(delivery_id: str) -> bytes:
    """What stands for a delivery in keys."""
    return compact.delivery_prefix(compact.delivery(delivery_id.encode("utf-8", "surrogatepass")))


def owner_prefix(owner_id: str) -> bytes:
    """What stands for an owner in keys."""
    return owner_digest(owner_id)[: keys.OWNER_BYTES]


def rows_of_letter(letter: DeadLetter) -> Rows:
    """The letter, and the ways to it."""
    day, place = keys.day_of(letter.dead_ms), keys.offset(letter.partition, letter.offset)
    found = {
        keys.of_day(keys.LETTER, day) + place: _encode(letter),
        keys.of_day(keys.LETTER_OWNER, day) + owner_prefix(letter.owner_id) + place: b"",
        keys.of_day(keys.LETTER_ID, day) + id_prefix(letter.delivery_id) + place: b"",
    }
    if letter.raw_topic:
        at = place_prefix(letter.raw_topic, letter.raw_partition, letter.raw_offset)
        found[keys.of_day(keys.LETTER_PLACE, day) + at + place] = b""
    return found


def letter_key(way: bytes) -> bytes:
    """The key of the letter to which a way leads."""
    return keys.of_day(keys.LETTER, keys.day_in(way)) + way[-8:]


def mark_key(letter: bytes) -> bytes:
    """The key under which it stands when a letter, by its own key, was put back."""
    return keys.MARK + letter[1:]


def rows_of_mark(partition: int, offset: int, dead_ms: int, redriven_ms: int) -> Rows:
    """That a letter was put back."""
    key = keys.of_day(keys.MARK, keys.day_of(dead_ms)) + keys.offset(partition, offset)
    return {key: _encode(redriven_ms)}


class StoredAlert(msgspec.Struct, frozen=True, array_like=True):
    """A step of an alert, and the raw records that it names."""

    alert: AlertSeen
    places: tuple[Place, ...]


def rows_of_alert(alert: AlertSeen, places: tuple[Place, ...]) -> Rows:
    """A step of an alert, and the ways to it: by ids of deliveries, and by the raw records, that it names."""
    day, name = keys.day_of(alert.at_ms), _step(alert.alert_id, alert.revision)
    found = {keys.of_day(keys.ALERT, day) + name: _encode(StoredAlert(alert, places))}
    found |= {keys.of_day(keys.EVIDENCE, day) + id_prefix(one) + name: b"" for one in alert.evidence}
    return found | {keys.of_day(keys.EVIDENCE_PLACE, day) + place_prefix(*one) + name: b"" for one in places}


def alert_key(way: bytes) -> bytes:
    """The key of the step to which a way leads."""
    return keys.of_day(keys.ALERT, keys.day_in(way)) + way[-STEP_BYTES:]


def rows_of_attempt(alert_id: str, revision: int, attempt: AlertAttempt, user_id: str = "") -> Rows:
    """An attempt to bring a step to somebody."""
    prefix = keys.of_day(keys.ATTEMPT, keys.day_of(attempt.at_ms)) + _step(alert_id, revision)
    which = compact.digest(f"{attempt.receiver} {attempt.attempt} {attempt.status}")[:6]
    return {prefix + owner_prefix(user_id) + which: _encode(attempt)}


def owner_of_attempt(key: bytes) -> bytes:
    """What stands for the owner, of an attempt's key."""
    return key[3 + STEP_BYTES : 3 + STEP_BYTES + keys.OWNER_BYTES]


def step_prefix(alert: AlertSeen) -> bytes:
    """What its attempts' keys begin with, behind their day."""
    return _step(alert.alert_id, alert.revision)


def _step(alert_id: str, revision: int) -> bytes:
    return compact.digest(alert_id)[:8] + revision.to_bytes(4, "big")


def state_prefix(family: bytes, user_id: str) -> bytes:
    """What keys of a user's links or histories begin with."""
    return family + owner_digest(user_id)


def link_key(user_id: str, provider: str) -> bytes:
    """Of a link."""
    return state_prefix(keys.LINK, user_id) + compact.digest(provider)[:8]


def history_key(user_id: str, provider: str, resource: str) -> bytes:
    """Of a history."""
    return state_prefix(keys.HISTORY, user_id) + compact.digest(f"{provider} {resource}")[:8]


def client_prefix(client_user_id: str) -> bytes:
    """What keys of a client user id begin with."""
    return keys.CLIENT + compact.digest(client_user_id)


class Owned(msgspec.Struct, frozen=True, array_like=True):
    """A client user id, and who has it since when (Unix ms)."""

    client_user_id: str
    user_id: str
    at_ms: int


def rows_of_client(owned: Owned) -> Rows:
    """That a client user id belongs to somebody."""
    return {client_prefix(owned.client_user_id) + owner_digest(owned.user_id): _encode(owned)}


def owner_of_client(rows: Iterable[tuple[bytes, bytes]], client_user_id: str) -> str:
    """Who has had a client user id last, by the rows of `client_prefix`; "" for nobody."""
    found = (decoded(value, Owned) for _, value in rows)
    mine = [(one.at_ms, one.user_id) for one in found if one.client_user_id == client_user_id]
    return max(mine)[1] if mine else ""


def encoded(value: Link | History) -> bytes:
    """A state as bytes."""
    return _encode(value)


def decoded(data: bytes, form: type[T]) -> T:
    """What was written, as one of the forms above."""
    return msgspec.msgpack.decode(data, type=form)
