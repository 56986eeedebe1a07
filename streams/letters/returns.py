"""What a dead letter becomes when it goes back: the raw record, or the reason why not. Pure.

It goes to the raw topic to which it belongs now: a newer version may know its type. A letter that would only die again
stays where it is. Its body is read as it is, and unpacked if it is gzip: whatever the envelope of a pipeline's message
said of it, and of its type, user and team.
"""

from collections.abc import Sequence
from typing import NamedTuple

from streams.events import (
    H_DOOR,
    H_FROM_TOPIC,
    H_ID,
    H_LEFT_OUT,
    H_PARTITION_KEY,
    H_RECEIVED,
    H_REDRIVEN_FROM,
    H_SOURCE,
    H_SUBJECT,
    H_SVIX_ID,
    H_SVIX_SIGNATURE,
    H_SVIX_TIMESTAMP,
    H_TIME,
    H_TRACEPARENT,
    H_TRACESTATE,
    RECORD_BYTES_MAX,
    Delivery,
    Headers,
    header,
    ids,
    raw_record,
)
from streams.events.text.gunzip import gunzip, is_packed
from streams.letters.explain import Explanation, explain
from streams.letters.letter import Letter
from streams.ops.errors import Reason, Rejected

DEAD_PREFIX = "dead_"


class Return(NamedTuple):
    """The record that a redrive puts back. `refusal`: why it does not, then the rest is empty."""

    refusal: str
    topic: str = ""
    key: bytes = b""
    partition: int = 0
    headers: Sequence[tuple[str, bytes]] = ()
    body: bytes = b""


def plain_body(letter: Letter, bytes_max: int = RECORD_BYTES_MAX) -> bytes:
    """The body, unpacked. `bytes_max`: of the unpacked one. Raises Rejected: gzip that is cut, broken or too large."""
    return gunzip(letter.body, bytes_max) if is_packed(letter.body) else letter.body


def explain_now(letter: Letter, prefix: str, partitions: int, bytes_max: int = RECORD_BYTES_MAX) -> Explanation:
    """What this version makes of it. `bytes_max`: of an unpacked body."""
    try:
        body = plain_body(letter, bytes_max)
    except Rejected as rejection:
        return Explanation(letter.event_type, user_id=letter.user_id, reason=rejection.reason, detail=rejection.detail)
    return explain(body, prefix=prefix, partitions=partitions, headers=letter.headers)


def return_of(letter: Letter, prefix: str, partitions: int, bytes_max: int = RECORD_BYTES_MAX) -> Return:
    """The raw record that a letter becomes, or why it would only die again. `bytes_max`: of an unpacked body."""
    is_of_worker = bool(header(letter.headers, H_FROM_TOPIC))
    if header(letter.headers, H_LEFT_OUT):
        place = (
            f"its record is at {letter.died_at}, as long as raw topics keep it" if is_of_worker else "nothing is kept"
        )
        return Return(f"too large for a letter: {place}")
    explained = explain_now(letter, prefix, partitions, bytes_max)
    if explained.partition is None:
        return Return(_unreadable(letter, explained))
    if explained.reason:
        return Return(f"would die again: {_reason(explained)}")
    own = [row for row in letter.headers if not row[0].startswith(DEAD_PREFIX) and row[0] != H_REDRIVEN_FROM]
    own = [(name, _id(value) if name in _IDS else value) for name, value in own]
    body = plain_body(letter, bytes_max)
    headers = own if is_of_worker else _of_the_door(letter, body)
    mark = (H_REDRIVEN_FROM, letter.place.encode())
    return Return("", explained.raw_topic, explained.key.encode(), explained.partition, (*headers, mark), body)


def _unreadable(letter: Letter, explained: Explanation) -> str:
    if letter.reason == Reason.UNKNOWN_CODEC:
        return f"still unreadable, packed or written in a way that we do not know: {letter.detail}"
    return f"still unreadable, nobody can tell whose it is: {_reason(explained)}"


_IDS = (H_SUBJECT, H_PARTITION_KEY)


def _id(value: bytes) -> bytes:
    """An id in its one spelling, which older doors did not write. Bytes that are no text stay as they are."""
    return ids.canonical(value.decode("latin-1")).encode("latin-1")


def _reason(explained: Explanation) -> str:
    return f"{explained.reason} {explained.detail}".strip()


def _of_the_door(letter: Letter, body: bytes) -> Headers:
    """The headers that its door would have given it, if it had been readable then."""

    def value(name: str) -> str:
        return header(letter.headers, name)

    signature = ((name, value(name)) for name in (H_SVIX_ID, H_SVIX_TIMESTAMP, H_SVIX_SIGNATURE))
    delivery = Delivery(
        id=value(H_ID),
        door=value(H_DOOR),
        endpoint=value(H_SOURCE).rpartition("/")[2] or "-",
        created_at=value(H_TIME),
        received_at=value(H_RECEIVED),
        traceparent=value(H_TRACEPARENT),
        tracestate=value(H_TRACESTATE),
        signature=tuple(signature),
    )
    return raw_record(body, delivery).headers
