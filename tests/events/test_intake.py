"""Records that doors make, byte for byte: readers of raw topics and dead letters rely on each name and its place."""

from typing import Any

import pytest

from connectors.history.fetcher.outcome import FetchedPage
from connectors.history.fetcher.page_events import page_events
from connectors.history.fetcher.workout_events import dead_letter as stream_letter
from streams import __version__
from streams.engine.work.step import dead_letter
from streams.events.headers import Delivery
from streams.events.signature import Verified
from streams.letters.letter import Letter
from streams.letters.returns import return_of
from streams.ops.errors import Reason, Rejected
from streams.ops.settings import Settings
from streams.tables.draft import Draft
from streams.tables.history import job as jobs
from streams.tables.history.request import Request
from tests.folding import RawRecord
from tests.webhook_records import record_of

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
BODY = b'{"event_type":"daily.data.sleep.created","user_id":"%s","team_id":"t1","data":{}}' % USER.encode()
CHECKOUT = BODY.replace(b"daily.data.sleep", b"checkout.quote")
NO_USER = BODY.replace(USER.encode(), b"")
SIGNED = (("svix-id", "msg_1"), ("svix-timestamp", "1780000000"), ("svix-signature", "v1,abc"))
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REQUEST = Request("bf_1", USER, "oura", "workouts", 1, 9, workout_id="w1")


def webhook(body: bytes) -> Any:
    verified = Verified("msg_1", 1_780_000_000, 0, SIGNED)
    made = record_of(body, verified, "main", PARENT, "a=b", now_s=1_780_000_001.5, settings=Settings(_env_file=None))
    return made.topic, made.key, made.partition, made.reason, text(made.headers)


def fetched() -> Any:
    job = jobs.begin(Request("bf_1", USER, "oura", "sleep", 1, 9), 1_780_000_000_000)
    (row,) = page_events(job, FetchedPage([BODY], 1, "", 1_780_000_000_007), 1_780_000_002_000)
    return *row[:3], text(row[3])


def too_large() -> Any:
    key, body, headers = stream_letter(REQUEST, Delivery("bf_1.w1", "api", "oura", "T0", "T1"))
    return key, body, text(headers)


def rejected() -> Any:
    draft = Draft(lambda table, key: None, now_ms=1_780_000_000_999)
    record = RawRecord("junction.raw.summaries", 3, 41, 1_780_000_000_000, b"k", BODY, [("ce_id", b"msg_1")])
    dead_letter(draft, "junction.dead_letters", record, Rejected(Reason.NO_KEY, "$.data"))
    (emit,) = draft.emits
    return *emit[:3], text(emit[3])


def redriven() -> Any:
    made = record_of(
        NO_USER, Verified("msg_1", 1_780_000_000, 0, SIGNED), "main", PARENT, "a=b", now_s=1_780_000_001.5,
        settings=Settings(_env_file=None),
    )  # fmt: skip
    put = return_of(Letter(2, 7, 1_780_000_001_000, made.key, CHECKOUT, made.headers), "junction", 12)
    return put.topic, put.key, put.partition, text(put.headers)


def text(headers: Any) -> str:
    return "\n".join(f"{name}: {value.decode().replace(__version__, 'VERSION')}" for name, value in headers)


WEBHOOK = (
    "junction.raw.summaries",
    b"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77:sleep",
    9,
    "",
    """\
ce_specversion: 1.0
ce_id: msg_1
ce_type: daily.data.sleep.created
ce_source: /junction/t1/webhook/main
ce_subject: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
ce_time: 2026-05-28T20:26:40.000Z
content-type: application/json
ce_receivedtime: 2026-05-28T20:26:41.500Z
ce_door: webhook
ce_origin: incremental
ce_partitionkey: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
tracestate: a=b
svix-id: msg_1
svix-timestamp: 1780000000
svix-signature: v1,abc""",
)
WEBHOOK_LETTER = (
    "junction.dead_letters",
    b"msg_1",
    4,
    "no_user",
    """\
ce_id: msg_1
ce_type: daily.data.sleep.created
ce_source: /junction/-/webhook/main
ce_time: 2026-05-28T20:26:40.000Z
ce_receivedtime: 2026-05-28T20:26:41.500Z
ce_door: webhook
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
tracestate: a=b
dead_reason: no_user
dead_detail: $.user_id, $.data.user_id
dead_time: 2026-05-28T20:26:41.500Z
dead_version: VERSION
svix-id: msg_1
svix-timestamp: 1780000000
svix-signature: v1,abc""",
)
FETCHED = (
    "raw.summaries",
    b"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77:sleep",
    BODY,
    """\
ce_specversion: 1.0
ce_id: bf_1.0.0
ce_type: daily.data.sleep.created
ce_source: /junction/t1/api/oura
ce_subject: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
ce_time: 2026-05-28T20:26:40.007Z
content-type: application/json
ce_receivedtime: 2026-05-28T20:26:42.000Z
ce_door: api
ce_origin: historical
ce_partitionkey: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
ce_backfillid: bf_1""",
)
TOO_LARGE = (
    b"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77:workout_stream",
    b'{"event_type":"daily.data.workout_stream.created","user_id":"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77","client_user_id":null,'
    b'"team_id":null,"data":{"workout_id":"w1","source":{"provider":"oura"}}}',
    """\
ce_specversion: 1.0
ce_id: bf_1.w1
ce_type: daily.data.workout_stream.created
ce_source: /junction/-/api/oura
ce_subject: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
ce_time: T0
content-type: application/json
ce_receivedtime: T1
ce_door: api
ce_origin: incremental
ce_partitionkey: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
dead_reason: too_large
dead_detail: $.data.stream
dead_time: T1
dead_version: VERSION""",
)
REJECTED = (
    "junction.dead_letters",
    b"k",
    BODY,
    """\
ce_id: msg_1
dead_reason: no_key
dead_detail: $.data
dead_time: 2026-05-28T20:26:40Z
dead_version: VERSION
dead_topic: junction.raw.summaries
dead_partition: 3
dead_offset: 41""",
)
REDRIVEN = (
    "junction.raw.other",
    b"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77:quote",
    9,
    """\
ce_specversion: 1.0
ce_id: msg_1
ce_type: checkout.quote.created
ce_source: /junction/t1/webhook/main
ce_subject: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
ce_time: 2026-05-28T20:26:40.000Z
content-type: application/json
ce_receivedtime: 2026-05-28T20:26:41.500Z
ce_door: webhook
ce_origin: incremental
ce_partitionkey: 5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
tracestate: a=b
svix-id: msg_1
svix-timestamp: 1780000000
svix-signature: v1,abc
ce_redrivenfrom: 2:7""",
)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: webhook(BODY), WEBHOOK),
        (lambda: webhook(NO_USER), WEBHOOK_LETTER),
        (fetched, FETCHED),
        (too_large, TOO_LARGE),
        (rejected, REJECTED),
        (redriven, REDRIVEN),
    ],
    ids=["webhook", "webhook letter", "page", "stream too large", "rejected", "redriven"],
)
def test_a_record_is_made_as_before(made: Any, expected: Any) -> None:
    """Topic, key, partition, value; names of headers, their order and their values."""
    assert made() == expected
