"""No record and no row is larger than Kafka takes: what would be is a dead letter, and that one always fits."""

import json
from typing import Any

import pytest
from confluent_kafka import Producer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.webhook.serve import _check
from streams.engine.faust.records import SourceRecord
from streams.engine.work.step import Step
from streams.events import topics
from streams.events.headers import H_FROM_OFFSET, H_LEFT_OUT, H_REASON, header
from streams.events.identity import identify
from streams.events.record_bounds import AGAIN_BYTES, ROOM_BYTES, Bounds, around, weight
from streams.events.signature import Verified
from streams.events.text.body_bounds import ID_CHARS_MAX
from streams.letters.letter import Letter
from streams.letters.returns import return_of
from streams.ops.errors import Misconfigured, Reason, Rejected
from streams.ops.settings import MIB, Settings
from streams.tables.draft import Draft
from streams.tables.outputs import Emit
from tests.every_event import EVENT_TYPES, MANY_TESTS, of
from tests.folding import BOUNDS, NOW_MS, PREFIX, RawRecord, Worker, raw
from tests.strategies import USER, envelope, hostile_events
from tests.webhook_records import record_of

SMALL = Bounds.of(MIB)
SOURCE = {"provider": "garmin", "type": "watch"}
LETTERS = f"{PREFIX}.{topics.DEAD_LETTERS}"
RECORD = SourceRecord("raw.a", 0, 7, 0, b"k", b"v", ())


def producer(bounds: Bounds) -> Producer:
    """The engine's limit, and nobody there: what is too large is refused all the same."""
    return Producer({"bootstrap.servers": "127.0.0.1:1", "message.max.bytes": bounds.record, "log_level": 0})


def check_accepted(emits: list[Emit], tables: dict[str, dict[bytes, bytes]], bounds: Bounds) -> None:
    """librdkafka takes each record and each row, and so does a topic with the same limit, by its size as a whole."""
    client = producer(bounds)
    rows = [Emit("changelog", key, value, None) for table in tables.values() for key, value in table.items()]
    for topic, key, value, headers in [*emits, *rows]:
        client.produce(topic, value, key, 0, headers=list(headers or ()))  # raises when it is too large
        assert weight(key, value, headers) + around(headers) <= bounds.record
    client.purge()
    client.flush(5)


def check_law(body: bytes, bounds: Bounds = SMALL) -> str:
    """Whatever a body contains, the worker gets past it. Answers why it is a dead letter, "" for one that is none."""
    worker = Worker(bounds=bounds)
    try:
        record = raw(body)
    except Rejected:
        return ""  # the door's own dead letter
    try:
        worker.run(record)
    except Rejected as rejection:
        emits = died(record, rejection, bounds)
        assert emits[0].value == body
        check_accepted(emits, {}, bounds)
        return str(rejection.reason)
    check_accepted(worker.emits, worker.tables, bounds)
    return ""


def died(record: Any, rejection: Rejected, bounds: Bounds) -> list[Emit]:
    """What the engine emits for a record that is rejected."""

    def refuse(record: Any, draft: Draft) -> None:
        raise rejection

    draft = Draft(lambda table, key: None, record.partition, NOW_MS, bounds=bounds)
    Step([record], draft, LETTERS).run(refuse)
    return draft.emits


# The draft


def test_the_bounds_of_a_limit() -> None:
    """64 KiB stay free of what folds emit and write; each header costs something around it, too."""
    assert Bounds.of(MIB) == (MIB, MIB - 64 * 1024, MIB - 64 * 1024)
    assert around(None) == around([]) < around([("a", b"")]) < around([("a", b""), ("b", b"")])


def test_the_draft_s_bounds() -> None:
    """A record or a row may be as large as the bound, key and headers counted, and not a byte larger."""
    draft = Draft(lambda table, key: None, bounds=Bounds(record=200, emit=100, row=50))

    def emit(n: int, headers: list[tuple[str, bytes]] | None = None, more: int = 0) -> None:
        draft.emit("junction.sleep", b"k" * 10, b"v" * n, headers, more=more)

    emit(90)
    emit(80, [("name", b"header")])
    emit(110, more=20)
    draft.put("samples", b"k" * 10, b"v" * 40)
    for too_large in (
        lambda: emit(91),
        lambda: emit(81, [("name", b"header")]),
        lambda: emit(111, more=20),
        lambda: draft.put("samples", b"k" * 10, b"v" * 41),
    ):
        with pytest.raises(Rejected, match=r"too_large: a (record of junction.sleep|row of samples): \d+ bytes"):
            too_large()
    assert len(draft.emits) == 3


def test_too_large_leaves_no_trace() -> None:
    """What the record had done before goes with it; the letter is in the same transaction."""

    def fold(record: Any, draft: Draft) -> None:
        draft.put("t", b"k", b"v")
        draft.emit("out", b"k", b"v")
        draft.emit("out", b"k", b"v" * MIB)

    draft = Draft(lambda table, key: None, bounds=SMALL)
    Step([RECORD], draft, LETTERS).run(fold)
    assert [emit.topic for emit in draft.emits] == [LETTERS]
    assert draft.tables == {"t": {}}
    assert header(draft.emits[0].headers or [], H_REASON) == "too_large"


def test_a_part_that_is_too_large_costs_itself() -> None:
    """Of an attempt that would be too large nothing stays, what was done before does; other errors go through."""
    draft = Draft(lambda table, key: b"stored", bounds=SMALL)

    def part() -> None:
        draft.put("t", b"k", b"second")
        draft.count("drift")
        draft.emit("out", b"k", b"second")
        draft.put("t", b"other", b"v" * MIB)

    def fold(record: Any, draft: Draft) -> None:
        draft.put("t", b"k", b"first")
        assert not draft.attempt(part)
        assert draft.attempt(lambda: draft.emit("out", b"k", b"third"))

    draft.run(fold, RECORD)
    assert (draft.tables, [emit.value for emit in draft.emits]) == ({"t": {b"k": b"first"}}, [b"third"])
    assert not draft.counts
    with pytest.raises(KeyError):
        draft.attempt(lambda: {}["bug"])


# The dead letter


@given(
    st.integers(0, 2 * MIB), st.integers(0, 2 * MIB), st.lists(st.integers(0, 2 * MIB), max_size=2), st.text(max_size=3)
)
@example(MIB - 200, 0, [], "x" * 10_000)
@settings(max_examples=40)
def test_a_letter_always_fits(body: int, key: int, headers: list[int], detail: str) -> None:
    """Whoever wrote the record: whole if it can be, else without the body, which its headers say where to find."""
    rows = [(f"h{n}", b"h" * size) for n, size in enumerate(headers)]
    record = SourceRecord("raw.a", 0, 7, 0, b"k" * key, b"b" * body, tuple(rows))
    (letter,) = died(record, Rejected(Reason.TOO_LARGE, detail), SMALL)
    check_accepted([letter], {}, SMALL)
    said = list(letter.headers or [])
    assert header(said, H_FROM_OFFSET) == "7"
    assert header(said, H_LEFT_OUT) == ("" if letter.value == record.value else str(body))
    assert letter.value in (record.value, None)


def test_a_letter_without_its_body_stays() -> None:
    """Nobody can put it back; the sentence says where the record lies."""
    record = SourceRecord("raw.a", 2, 7, 0, b"k", b"b" * MIB, (("ce_id", b"m"),))
    (emit,) = died(record, Rejected(Reason.BAD_SHAPE), SMALL)
    letter = Letter(2, 0, NOW_MS, emit.key or b"", emit.value or b"", list(emit.headers or []))
    assert letter.delivery_id == "m"
    assert return_of(letter, PREFIX, 4).refusal.startswith("too large for a letter: its record is at raw.a 2:7")


def test_what_a_door_takes_fits_whole() -> None:
    """The largest body, with the longest ids and signatures that can come with it."""
    long = "\U0001f600" * ID_CHARS_MAX
    head = {"event_type": "daily.data." + long[: ID_CHARS_MAX - 11], "user_id": long, "team_id": long, "fill": ""}
    fill = MIB - ROOM_BYTES - len(json.dumps(head, ensure_ascii=False).encode())
    body = json.dumps(head | {"fill": "x" * fill}, ensure_ascii=False).encode()
    conf = Settings(_env_file=None, record_bytes_max=MIB, body_bytes_max=MIB - ROOM_BYTES, topic_prefix=PREFIX * 10)
    assert len(body) == conf.body_bytes_max
    identify(body)
    signed = Verified("m" * 256, 1_780_000_000, 0, (("svix-id", "m" * 256), ("svix-signature", "v" * 4096)))
    made = record_of(body, signed, "e" * 256, "", now_s=1.78e9, settings=conf)
    record = RawRecord(made.topic, made.partition, 10**12, NOW_MS, made.key, body, made.headers)
    (letter,) = died(record, Rejected(Reason.TOO_LARGE, "d" * 5000), SMALL)
    assert (letter.key, letter.value) == (made.key, body)
    check_accepted([letter], {}, SMALL)


def test_a_door_that_takes_more_than_fits_does_not_open() -> None:
    """The sentence names both settings."""
    endpoints = {"a": ["whsec_" + "YWFh" * 8]}
    conf = Settings(_env_file=None, endpoints=endpoints, record_bytes_max=MIB, body_bytes_max=MIB)
    with pytest.raises(Misconfigured, match=r"STREAMS_RECORD_BYTES_MAX.*STREAMS_BODY_BYTES_MAX"):
        _check(conf)
    _check(conf.model_copy(update={"body_bytes_max": MIB - ROOM_BYTES}))


# The law: whatever one body contains, the worker gets past it


def blown_up(event: Any, list_: int, text: int) -> bytes:
    """An event with a list of numbers that are short as they come and long when they are written, and a long text."""
    body = json.dumps(event)
    if isinstance(event, dict) and isinstance(event.get("data"), dict):
        more = json.dumps(event["data"] | {"extra": "@@", "said": "x" * text})
        body = json.dumps(event | {"data": "@data@", "remark": "y" * (text // 2)}).replace('"@data@"', more)
        body = body.replace('"@@"', "[" + ",".join(["1e15"] * list_) + "]")
    return body.encode()[: SMALL.emit]


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_type_blown_up(event_type: str) -> None:
    """An event of any type, with lists and texts up to what a door takes, is processed within the bounds or refused."""

    @settings(max_examples=4, suppress_health_check=MANY_TESTS)
    @given(of(event_type), st.sampled_from([(0, 0), (60_000, 0), (180_000, 0), (0, 640_000), (0, 480_000)]))
    def law(event: Any, size: tuple[int, int]) -> None:
        assert check_law(blown_up(event, *size)) in ("", "too_large")

    law()


@given(hostile_events())
@settings(max_examples=50)
def test_hostile_bodies(body: bytes) -> None:
    """Neither do others stop it."""
    check_law(body)


def test_short_numbers_grow() -> None:
    """Five bytes as they come, sixteen when they are written: the body fits, the record would not."""
    event = {"event_type": "daily.data.workouts.created", "user_id": USER, "data": {"id": "w", "source": SOURCE}}
    assert check_law(blown_up(event, 60_000, 0)) == "too_large"
    assert check_law(blown_up(event, 6_000, 0)) == ""
    assert check_law(blown_up(event, 0, 640_000)) == "too_large"  # a text that is said twice: where it is, and as it is


GROWING = ["1E15", "-1e15", '"\\u00e9"', "{}", "[]", "NaN"]


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("daily.data.workouts.created", '{"id":"1","source":{"provider":"x"},"new":@}'),
        ("daily.data.workouts.created", '{"id":"1","source":{"provider":"x","new":@}}'),
        ("daily.data.workouts.created", '{"id":"1","source":{"provider":"x"},"hr_zones":@}'),
        ("daily.data.meal.created", '{"id":"1","source":{"provider":"x"},"data":{"soup":{"new":@}}}'),
        ("daily.data.workout_stream.created", '{"workout_id":"1","source":{"provider":"x"},"stream":{"power":@}}'),
        ("daily.data.steps.created", '{"data":[{"timestamp":"2026-06-03T10:00:00Z","value":1,"new":@}]}'),
        ("daily.data.steps.created", '{"new":@,"data":[{"timestamp":"2026-06-03T10:00:00Z","value":1}]}'),
        ("daily.data.note.created", '{"data":[{"timestamp":"2026-06-03T10:00:00Z","value":"x","tags":@}]}'),
        ("provider.connection.created", '{"provider":"x","new":@}'),
        ("provider.device.created", '{"id":"1","provider":"x","new":@}'),
        ("historical.data.sleep.created", '{"provider":"x","new":@}'),
        ("labtest.order.created", '{"id":"1","new":@}'),
        ("continuous_query.result_table.changed", '[{"query_id":"q","data":{"c":[@]}}]'),
        ("continuous_query.result_table.changed", '[{"query_id":"q","data":{"group_key.0":[1,2,3],"c":[1]},"new":@}]'),
        ("continuous_query.result_table.changed", "@"),
        ("checkout.quote.created", "@"),
        ("never.heard.of", '{"new":@}'),
    ],
)
def test_what_grows_when_it_is_written(event_type: str, data: str) -> None:
    """At whatever place a list of what is short as it comes stands, the record that it becomes fits or is refused."""
    for one in GROWING:
        for size in (20_000, SMALL.emit - 1000):
            said = "[" + ",".join([one] * min(size // (len(one.encode()) + 1), 200_000)) + "]"
            body = json.dumps(envelope(event_type, "@data@")).replace('"@data@"', data.replace("@", said)).encode()
            assert check_law(body) in ("", "too_large", "bad_shape"), (one, size)


@pytest.mark.parametrize(("list_", "text"), [(670_000, 0), (0, 10_500_000)])
def test_what_stopped_a_worker(list_: int, text: int) -> None:
    """With the limits as they are delivered: 3 MB of short numbers, a text that a record says twice."""
    data = json.dumps({"id": "w", "source": SOURCE, "extra": "@@", "said": "x" * text})
    data = data.replace('"@@"', f"[{','.join(['1E15'] * list_)}]")
    body = json.dumps(envelope("daily.data.workouts.created", "@data@")).replace('"@data@"', data)
    assert check_law(body.encode(), BOUNDS) == "too_large"


def stream(hours: float) -> bytes:
    """A workout's stream at one point a second."""
    n = int(hours * 3600)
    columns: dict[str, list[Any]] = {
        "time": [1_795_663_600 + i for i in range(n)],
        "heartrate": [120 + i % 40 for i in range(n)],
        "altitude": [round(1000 + i % 500 * 0.2, 1) for i in range(n)],
        **{name: [80 + i % 9 for i in range(n)] for name in ("cadence", "power", "temperature")},
        "distance": [round(i * 2.7, 2) for i in range(n)],
        "velocity_smooth": [round(2.5 + i % 7 * 0.1, 2) for i in range(n)],
    }
    data = {"user_id": USER, "workout_id": "w", "source": SOURCE, "stream": columns}
    event = {"event_type": "daily.data.workout_stream.created", "user_id": USER, "data": data}
    return json.dumps(event, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def streams() -> dict[float, bytes]:
    return {hours: stream(hours) for hours in (3.0, 6.0, 68.0, 95.0)}


@pytest.mark.parametrize(
    ("hours", "bounds", "wanted"),
    [(3.0, SMALL, ""), (6.0, SMALL, "too_large"), (68.0, BOUNDS, ""), (95.0, BOUNDS, "too_large")],
)
def test_long_workouts(streams: dict[float, bytes], hours: float, bounds: Bounds, wanted: str) -> None:
    """A stream that fits at the door and not behind it is a dead letter."""
    assert len(streams[hours]) <= bounds.emit
    assert check_law(streams[hours], bounds) == wanted


def test_the_room_suffices() -> None:
    """What is sent again, its key, and what Kafka writes around it: all of it is in the room that is kept free."""
    keys, prefix = 3 * 4 * ID_CHARS_MAX, 100
    assert AGAIN_BYTES + around([]) + keys + prefix < ROOM_BYTES
