"""Dead letters: what they say, whom a filter means, and that what goes back is what came."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.show import letters
from streams.engine.work.step import Step, dead_letter
from streams.events import topics
from streams.events.headers import H_REASON, H_REDRIVEN_FROM, header
from streams.events.signature import Verified
from streams.letters.letter import Letter, LetterFilter
from streams.letters.returns import explain_now, return_of
from streams.letters.shapes import PATHS_MAX, shape
from streams.ops.errors import Reason, Rejected
from streams.ops.settings import Settings
from streams.tables.draft import Draft
from tests.agents.test_privacy import MARKERS, SNAKE, told
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker
from tests.strategies import USER, envelope, hostile_events, json_values, mangled
from tests.webhook_records import record_of

SOURCE = {"provider": "garmin", "type": "watch"}
FINE = envelope("daily.data.body.created", {"id": "1", "source": SOURCE, "weight": 70})
NO_NAMES = tuple(one for one in MARKERS if one != SNAKE)  # a shape has the names of fields, or it would have nothing
SETTINGS = Settings(_env_file=None, partitions=12, topic_prefix=PREFIX)
VERIFIED = Verified("msg_1", 1_780_000_000, 0, (("svix-id", "msg_1"), ("svix-signature", "v1,x")))


def at_the_door(body: bytes) -> RawRecord:
    """The record that the gateway makes of a body: raw, or a dead letter."""
    made = record_of(body, VERIFIED, "junction", "", now_s=1.78e9, settings=SETTINGS)
    return RawRecord(made.topic, made.partition, 7, NOW_MS, made.key, body, made.headers)


def died(record: RawRecord) -> Letter:
    """The letter that a worker writes of it, whatever the reason."""
    draft = Draft(lambda table, key: None, record.partition, NOW_MS)
    dead_letter(draft, f"{PREFIX}.dead_letters", record, Rejected(Reason.BAD_SHAPE, "$.data"))
    (emit,) = draft.emits
    return Letter(record.partition, 3, NOW_MS, emit.key or b"", emit.value or b"", list(emit.headers or []))


def letter(record: RawRecord) -> Letter:
    return Letter(record.partition, record.offset, NOW_MS, record.key or b"", record.value or b"", record.headers)


def back(one: Letter, partitions: int = 12) -> RawRecord:
    put = return_of(one, PREFIX, partitions)
    assert put.refusal == ""
    return RawRecord(put.topic, put.partition, 0, NOW_MS, put.key, one.body, list(put.headers))


def test_what_goes_back_is_what_came() -> None:
    """Topic, key, partition, bytes and headers are those of the raw record; one header more says where it was."""
    came = at_the_door(json.dumps(FINE).encode())
    put = back(died(came))
    assert put.headers == [*came.headers, (H_REDRIVEN_FROM, b"%d:3" % came.partition)]
    assert (put.topic, put.partition, put.key, put.value) == (came.topic, came.partition, came.key, came.value)


def test_what_goes_back_is_the_same_to_the_worker() -> None:
    """A letter whose event came again meanwhile says nothing new."""
    worker, came = Worker(), at_the_door(json.dumps(FINE).encode())
    assert worker.run(came)
    assert worker.run(back(died(came))) == []


def test_it_goes_where_it_belongs_now() -> None:
    """An event that died on the topic of unknown types goes to that of the family which it has today."""
    came = at_the_door(json.dumps(FINE).encode())._replace(topic=f"{PREFIX}.raw.other", key=f"{USER}:other".encode())
    put = back(died(came))
    assert (put.topic, put.key) == (f"{PREFIX}.raw.summaries", f"{USER}:body".encode())


def test_it_goes_back_under_the_one_spelling_of_its_ids() -> None:
    """An older door left ids in upper case; the record that goes back lies where its user is today."""
    came = at_the_door(json.dumps(FINE).encode())
    ids = ("ce_subject", "ce_partitionkey")
    old = [(name, value.upper() if name in ids else value) for name, value in came.headers]
    put = back(died(came._replace(key=f"{USER.upper()}:body".encode(), headers=old)))
    assert (put.key, put.partition) == (came.key, came.partition)
    assert dict(put.headers) | dict(came.headers) == dict(put.headers)


def test_a_letter_of_the_door_that_can_be_read_by_now() -> None:
    """It gets the headers that its door would have given it, had it been readable then."""
    came = at_the_door(json.dumps(FINE).encode())
    unread = at_the_door(b"{")
    assert header(unread.headers, H_REASON) == "not_json"
    put = back(letter(unread._replace(value=came.value)))
    assert put.headers[:-1] == came.headers
    assert (put.topic, put.partition, put.key) == (came.topic, came.partition, came.key)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"event_type":"x"}', b'{"user_id":"u"}', b""])
def test_an_unreadable_letter_stays(body: bytes) -> None:
    """Nobody can tell whose it is, and that is said with the reason."""
    refusal = return_of(letter(at_the_door(body)), PREFIX, 12).refusal
    assert refusal.startswith("still unreadable")
    assert explain_now(letter(at_the_door(body)), PREFIX, 12).reason in refusal


def test_what_would_only_die_again_stays() -> None:
    """Two users in one body are refused by every version; so is an event that only its delivery id could name."""
    conflict = at_the_door(json.dumps(envelope("daily.data.body.created", {"user_id": "other", "id": "1"})).encode())
    assert return_of(died(conflict), PREFIX, 12).refusal.startswith("would die again: user_conflict")
    quote = at_the_door(json.dumps(envelope("checkout.quote.created", {})).encode())
    assert return_of(died(quote), PREFIX, 12).refusal == ""
    nameless = [row for row in quote.headers if row[0] not in ("ce_id", "svix-id")]
    assert (
        return_of(died(quote._replace(headers=nameless)), PREFIX, 12).refusal == "would die again: no_delivery_id ce_id"
    )


def test_a_second_death_names_the_first() -> None:
    """Who puts a letter back for the second time can see it, and the mark is not repeated."""
    put = back(died(at_the_door(json.dumps(FINE).encode())))
    again = died(put)
    assert again.redriven_from == f"{put.partition}:3"
    assert [name for name, _ in back(again).headers].count(H_REDRIVEN_FROM) == 1


@given(mangled(hostile_events()))
def test_a_letter_goes_back_if_a_worker_would_take_it(body: bytes) -> None:
    """The promise of a redrive is kept by the folds: refused by one, refused by the other."""
    came = at_the_door(body)
    is_unread = came.topic.endswith(topics.DEAD_LETTERS)
    one = letter(came) if is_unread else died(came)
    assert bool(return_of(one, PREFIX, 12).refusal) == (is_unread or refuses(came))
    if not is_unread and not refuses(came):
        Worker().run(back(one))


def refuses(record: RawRecord) -> bool:
    try:
        Worker().run(record)
    except Rejected:
        return True
    return False


@pytest.mark.parametrize(
    ("wanted", "is_meant"),
    [
        (LetterFilter(), True),
        (LetterFilter(reason="bad_shape"), True),
        (LetterFilter(reason="no_key"), False),
        (LetterFilter(event_type="daily.data.*"), True),
        (LetterFilter(event_type="daily.data.sleep.*"), False),
        (LetterFilter(user_id=USER), True),
        (LetterFilter(user_id="other"), False),
        (LetterFilter(since_ms=NOW_MS), True),
        (LetterFilter(until_ms=NOW_MS), False),
        (LetterFilter(place="3:3"), False),
    ],
)
def test_whom_a_filter_means(wanted: LetterFilter, is_meant: bool) -> None:
    """All of its parts must hold; since is included, until is not; only an empty one means all."""
    one = died(at_the_door(json.dumps(FINE).encode()))
    assert wanted.matches(one) is is_meant
    assert wanted.is_open is (wanted == LetterFilter())


def test_a_letter_tells_itself() -> None:
    """Reason, detail, who gave up where; type and user even where no header has them."""
    one = died(at_the_door(json.dumps(FINE).encode()))
    assert (one.reason, one.detail, one.event_type, one.user_id) == (
        *("bad_shape", "$.data", "daily.data.body.created", USER),
    )
    assert one.died_at == f"{PREFIX}.raw.summaries {one.partition}:7"
    bare = letter(at_the_door(b"{"))
    assert (bare.died_at, bare.event_type, bare.delivery_id) == ("door webhook", "", "msg_1")


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_letter_of_any_time_tells_itself(at_ms: int) -> None:
    """A producer sets the time of its record: one that no datetime can hold must not end the list."""
    assert Letter(0, 0, at_ms, b"", b"{", []).time


def test_a_fold_that_refuses_writes_such_a_letter() -> None:
    """The letters of these tests are those of the engine's own step."""
    draft = Draft(lambda table, key: None, 0, NOW_MS)

    def refuse(record: Any, draft: Draft) -> None:
        raise Rejected(Reason.NO_KEY, "$.data.id")

    Step([at_the_door(json.dumps(FINE).encode())], draft, "d").run(refuse)
    assert header(draft.emits[0].headers or [], H_REASON) == "no_key"


# The shape of a body


def test_a_shape_has_paths_and_kinds() -> None:
    """Each path once, with all kinds of value that it has."""
    body = {"event_type": "x", "data": {"data": [{"value": 1}, {"value": "2"}, None], "empty": {}}}
    assert shape(json.dumps(body).encode()) == [
        "$: object", "$.event_type: string", "$.data: object", "$.data.data: array", "$.data.data[]: object or null",
        "$.data.data[].value: number or string", "$.data.empty: object",
    ]  # fmt: skip
    assert shape(b"{nope") == ["not JSON, 5 bytes"]


def test_names_of_maps_are_not_shown() -> None:
    """Foods and columns of queries are somebody's words; so is what does not look like a field, or comes in masses."""
    meal = {"data": {"data": {"apple": {"energy": 1}, "pear": {"energy": None}}, "Anna Smith": 1}}
    assert shape(json.dumps(meal).encode()) == [
        *("$: object", "$.data: object", "$.data.data: object", "$.data.data{}: object"),
        *("$.data.data{}.energy: number or null", "$.data{}: number"),
    ]
    rows = {"data": [{"data": {"anna": [1]}}], "many": {f"n{n}": n for n in range(100)}}
    assert "anna" not in str(shape(json.dumps(rows).encode()))
    assert "$.many{}: number" in shape(json.dumps(rows).encode())


@given(
    st.recursive(
        json_values | st.sampled_from(MARKERS), lambda inner: st.dictionaries(st.sampled_from(NO_NAMES), inner)
    )
)
def test_a_shape_tells_no_value(value: Any) -> None:
    """Whatever a body says, the shape of it does not, and it is never longer than a screen or two."""
    lines = shape(json.dumps(value).encode())
    assert not told(str(lines))
    assert len(lines) <= PATHS_MAX + 1


@given(st.binary(max_size=40))
def test_any_bytes_have_a_shape(body: bytes) -> None:
    """No bytes are an error."""
    assert shape(body)


def test_letters_without_a_reason_are_told_as_such() -> None:
    """A record that somebody else wrote to the topic has no reason: that is said, not left blank."""
    said = letters.counted(2, Counter({"": 32, "bad_shape": 1_000}))
    assert said == "2 of 1,032 shown: bad_shape 1,000, (none) 32"
    assert "(none)" in letters._line({"place": "0:1", "time": "2026-01-01T00:00:00Z", "died_at": "door"})
