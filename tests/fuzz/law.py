"""What has to hold for any bytes at all."""

import json
from contextlib import suppress
from dataclasses import asdict
from zlib import crc32

from streams.events.identity import identify
from streams.events.signature import Verified
from streams.events.types import Family, parse_type
from streams.letters.explain import Explanation, explain
from streams.letters.letter import LetterFilter
from streams.letters.shapes import shape
from streams.ops.errors import Reason, Rejected
from streams.ops.settings import Settings
from streams.payloads.decode import decode
from tests.folding import PREFIX, RawRecord, Worker
from tests.fuzz.mutate import mutated
from tests.letters.test_letter import letter
from tests.webhook_records import record_of

SETTINGS = Settings(_env_file=None, topic_prefix=PREFIX, partitions=4)
VERIFIED = Verified("msg_1", 1_780_000_000, 0, (("svix-id", "msg_1"),))
NOW_MS = 1_780_000_000_000
_FAMILIES = (Family.TIMESERIES, Family.UNKNOWN)


class Broken(AssertionError):
    """The law does not hold. Says which part, not for what."""


def check(body: bytes) -> None:
    """Raises Broken, or whatever the product should not have raised."""
    _decoded(body)
    shape(body)
    explained = explain(body, prefix=PREFIX, partitions=SETTINGS.partitions)
    json.dumps(asdict(explained))
    record = stored(body)
    if record is None:
        _say("what the door cannot read has a reason", explained.reason != "" and not explained.raw_topic)
    else:
        _folded(record, explained)
        _in_any_order(record, mutated(body, crc32(body)))


def stored(body: bytes) -> RawRecord | None:
    """As the door stores it; None for a dead letter, which has to be one that can be looked at."""
    made = record_of(body, VERIFIED, "main", "", now_s=1.78e9, settings=SETTINGS)
    record = RawRecord(made.topic, made.partition, 1, NOW_MS, made.key, body, made.headers)
    if not made.reason:
        return record
    LetterFilter(user_id="u").matches(letter(record))
    return None


def _decoded(body: bytes) -> None:
    for likely in _FAMILIES:
        try:
            found = decode(body, likely)
        except Rejected:
            continue
        _say("what is decoded has an owner", bool(found.event.owner_id))
        _say("its type is parsed", found.event.type == parse_type(found.event.type.text))
        door, event = identify(body), found.event
        _say("type and owner are those of the door", (event.type, event.owner_id) == (door.type, door.owner_id))


def _folded(record: RawRecord, explained: Explanation) -> None:
    worker = Worker()
    try:
        told = worker.run(record)
    except Rejected as rejection:
        _say("fold and explain agree on the reason", rejection.reason == explained.reason)
        _say("a refusal leaves no trace", not any(worker.state.values()))
        return
    _say("explain knew that it works", explained.reason in ("", Reason.NO_DELIVERY_ID))
    _say("the topic is the one explained", not told or f"{PREFIX}.{told[-1].topic}" == explained.clean_topic)
    before = worker.state
    _say("a redelivery says nothing", worker.run(record) == [])
    _say("a redelivery writes nothing", worker.state == before)


def _in_any_order(record: RawRecord, other: bytes) -> None:
    """Two bodies that have much in common end in the same tables, whichever comes first."""
    later = stored(other)
    if later is None or later.topic != record.topic:
        return
    later = later._replace(timestamp=NOW_MS + 1, offset=2, headers=[("ce_id", b"msg_2")])
    first, second = Worker(), Worker()
    for worker, order in ((first, (record, later)), (second, (later, record, later))):
        for one in order:
            with suppress(Rejected):
                worker.run(one)
    _say("the order of two deliveries is forgotten", first.state == second.state)


def _say(rule: str, holds: bool) -> None:
    if not holds:
        raise Broken(rule)
