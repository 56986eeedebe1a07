"""Every reader of a topic survives every record: junk lies between two good ones, on a real Kafka."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Producer
from structlog.testing import capture_logs

from connectors.receivers import notifier
from connectors.receivers.sender import check_alert
from streams.alerts import alert_history, threshold_topic
from streams.alerts.lives.threshold import Threshold
from streams.alerts.lives.threshold import encode as encode_own
from streams.alerts.trial import runner
from streams.cli.show import drift
from streams.demo.cluster import Cluster
from streams.demo.history import History
from streams.demo.watch import Watch
from streams.events import topics
from streams.events.partitions import partition_for
from streams.kafka import admin, registry
from streams.kafka.codec import Codec
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.reader import Reader
from streams.kafka.tail import tail
from streams.letters import redrive, topic_reader
from streams.letters.letter import LetterFilter
from streams.ops.errors import Misconfigured, Unavailable, Unreadable
from streams.ops.settings import Settings
from streams.tables.history import progress
from streams.tables.history.job import JobStatus
from streams.tables.history.progress import JobProgress
from tests.folding import NOW_MS, Worker
from tests.integration.test_alert_lives import step
from tests.strategies import USER, envelope

BEYOND = 1 << 62  # a time that no datetime can hold
MARKER = b"planted"
UNKNOWN_ID = b"\x00\x7f\xff\xff\xff"
RULES = '[[rule]]\nname = "low"\nkind = "threshold"\nresource = "glucose"\nbelow = "3.9 mmol/L"\n'
KEY = b"\xff\xfe" + MARKER
WHEN = datetime(2026, 6, 3, 6, 15, tzinfo=UTC)
GLUCOSE = {"source": {"provider": "dexcom_v3", "type": "cgm"}, "data": [{"timestamp": WHEN.isoformat(), "value": 3.0}]}
IN_VAIN = pytest.mark.parametrize("name", ["alerts", "drift", "glucose"])


class Stage(NamedTuple):
    """`junk`: offsets, by short topic, of what nobody can read."""

    settings: Settings
    junk: dict[str, list[int]]


def alert(n: int) -> dict[str, Any]:
    return step(1) | {"id": f"a{n}", "stale_at": (time.time_ns() // 1000) + 3_600_000_000}


def drifted(n: int) -> dict[str, Any]:
    return {
        "kind": "field", "scope": "body", "path": f"$.data.mood_{n}", "found": "string", "first_seen_at": NOW_MS,
        "last_seen_at": NOW_MS, "count": 1, "event_type": "x", "raw_topic": "t", "raw_partition": 0, "raw_offset": 7,
    }  # fmt: skip


def glucose() -> bytes:
    """What a worker makes of two samples, as it stands on the topic but for the schema id."""
    worker = Worker()
    worker.deliver(envelope("daily.data.glucose.created", GLUCOSE))
    return next(emit.value or b"" for emit in worker.emits if emit.topic.endswith(".glucose"))


def avro_junk(good: bytes, other: bytes, beyond: bytes) -> list[bytes]:
    head = good[:5]
    broken = [b"", b"x", UNKNOWN_ID + MARKER, head + b"\xff" * 20, head, good[:-3], b'{"a":' + MARKER, other]
    broken += [b"\x00" + id.to_bytes(4, "big") + MARKER for id in (0, 2**31, 2**32 - 1)]  # no id of any registry
    return [*broken, head + b"\xfe" * 9 + b"\x01", beyond]


def json_junk() -> list[bytes]:
    return [b"x", b'{"a":' + MARKER, b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"at_ms": "x"}']


class Filler:
    """Puts records on topics, one partition each: a good one, junk, a tombstone, another good one."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.junk = settings, dict[str, list[int]]()
        self._producer, self._ends = Producer(for_librdkafka(settings)), dict[str, int]()

    def fill(self, topic: str, good: list[tuple[bytes, bytes]], junk: list[bytes], *, is_null_junk: bool) -> None:
        self._put(topic, *good[0])
        for value in junk:
            self.junk.setdefault(topic, []).append(self._put(topic, KEY, value))
        offset = self._put(topic, KEY, None)
        self.junk[topic] += [offset] if is_null_junk else []
        self._put(topic, *good[1])
        assert self._producer.flush(30) == 0

    def _put(self, topic: str, key: bytes, value: bytes | None) -> int:
        name = f"{self.settings.topic_prefix}.{topic}"
        self._producer.produce(name, value, key, 0, headers=[("ce_type", b"\xff\x1b"), ("ce_id", None)])
        self._ends[topic] = self._ends.get(topic, -1) + 1
        return self._ends[topic]


@pytest.fixture(scope="module")
def stage(cluster: Cluster) -> Stage:
    """Topics of one partition, each with junk between two good records."""
    settings = Settings(
        _env_file=None, bootstrap_servers=cluster.bootstrap_servers, registry_url=cluster.registry_url,
        topic_prefix="junk", group_id="junk-group", partitions=1,
    )  # fmt: skip
    admin.apply(settings)
    ids = registry.register(settings)
    codec, filler = Codec(ids), Filler(settings)

    def avro(topic: str, first: dict[str, Any], second: dict[str, Any], beyond: dict[str, Any]) -> None:
        other = codec.encode("drift" if topic != "drift" else "alerts", drifted(0) if topic != "drift" else alert(0))
        values = [codec.encode(topic, record) for record in (first, second, beyond)]
        good = list(zip((b"u-1:1", b"u-1:2"), values[:2], strict=True))
        filler.fill(topic, good, avro_junk(values[0], other, values[2]), is_null_junk=False)

    avro(topics.ALERTS, alert(1), alert(2), alert(3) | {"at": BEYOND})
    avro(topics.DRIFT, drifted(1), drifted(2), drifted(3) | {"first_seen_at": BEYOND})
    stored = ids["glucose"].to_bytes(4, "big")
    good = b"\x00" + stored + glucose()[5:]
    other = codec.encode("drift", drifted(0))
    beyond = good.replace(zigzag(int(WHEN.timestamp()) * 1_000_000), zigzag(BEYOND))
    assert beyond != good
    uneven = good[:-10] + b"\x00"  # its values, which stand last, are none
    junk = [*avro_junk(good, other, beyond), uneven]
    filler.fill("glucose", [(f"{USER}:1".encode(), good)] * 2, junk, is_null_junk=False)
    owns = [(own.key, encode_own(own)) for own in (Threshold("u", "low", 3.0), Threshold("u", "high"))]
    filler.fill(topics.ALERT_THRESHOLDS, owns, json_junk(), is_null_junk=True)
    mark = json.dumps({"at_ms": 1, "redriven_at": "2026", "to": "t 0"}).encode()
    filler.fill(topics.REDRIVEN, [(b"0:1", mark), (b"0:2", mark)], json_junk(), is_null_junk=True)
    said = [progress.encode(JobProgress(f"j{n}", f"u{n}", "oura", "sleep", 1, JobStatus.COMPLETE)) for n in (1, 2)]
    filler.fill(topics.FETCH_PROGRESS, [(b"u1", said[0]), (b"u2", said[1])], json_junk(), is_null_junk=True)
    filler.fill(topics.DEAD_LETTERS, [(b"a", b"{"), (b"b", b"{")], json_junk(), is_null_junk=True)
    return Stage(settings, filler.junk)


def zigzag(number: int) -> bytes:
    """A number as Avro writes it."""
    number, out = number << 1, bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def by_tail(settings: Settings, folder: Path) -> int:
    tail(settings, topics.ALERTS, user_id="u-1", from_beginning=True, limit=2, as_json=False)
    return 2


def by_drift(settings: Settings, folder: Path) -> int:
    return len(drift.read(settings))


def by_list(settings: Settings, folder: Path) -> int:
    return len(alert_history.read(settings))


def by_trial(settings: Settings, folder: Path) -> int:
    (folder / "rules.toml").write_text(RULES)
    outcome = runner.run(settings, folder / "rules.toml", runner.TrialOptions(NOW_MS * 1000), lambda text: None)
    return outcome.records


def by_thresholds(settings: Settings, folder: Path) -> int:
    return len(threshold_topic.read(settings))


def by_marks(settings: Settings, folder: Path) -> int:
    return len(topic_reader.marks(settings))


READERS: dict[str, tuple[Callable[[Settings, Path], int], list[str]]] = {
    "tail": (by_tail, [topics.ALERTS]),
    "drift": (by_drift, [topics.DRIFT]),
    "alerts list": (by_list, [topics.ALERTS]),
    "alerts test": (by_trial, ["glucose", topics.ALERT_THRESHOLDS]),
    "threshold list": (by_thresholds, [topics.ALERT_THRESHOLDS]),
    "marks": (by_marks, [topics.REDRIVEN]),
}


def places(logs: list[Any], prefix: str) -> dict[str, list[int]]:
    """Offsets by short topic of what was called unreadable."""
    found: dict[str, list[int]] = {}
    for line in logs:
        if line["event"] == "unreadable":
            found.setdefault(line["topic"].removeprefix(f"{prefix}."), []).append(line["offset"])
    return found


@pytest.mark.parametrize("name", READERS)
def test_a_reader_survives_every_record(stage: Stage, name: str, tmp_path: Path) -> None:
    """Both good records come through; each junk one is said once, with its place and without its content."""
    read, read_topics = READERS[name]
    with capture_logs() as logs:
        assert read(stage.settings, tmp_path) == 2
    assert places(logs, "junk") == {topic: stage.junk[topic] for topic in read_topics}
    assert MARKER.decode() not in repr(logs)


def test_every_record_of_dead_letters_is_a_letter(stage: Stage) -> None:
    """Nothing of it is junk: what cannot be read is why it is there."""
    assert len(list(topic_reader.letters(stage.settings, LetterFilter()))) == len(stage.junk[topics.DEAD_LETTERS]) + 2
    planned = list(redrive.redrive(stage.settings, LetterFilter(), dry_run=True, rate=0))
    assert {one.outcome for one in planned} == {"refused"}


def test_the_demo_survives_every_record(stage: Stage) -> None:
    """Its two readers come to the end of what is there."""
    watch = Watch(stage.settings)
    try:
        assert watch.wait_drained(30)
    finally:
        watch.stop()
    assert watch.seen.by_topic["junk.alerts"] == 3  # and the tombstone
    history = History(stage.settings)
    try:
        while not history.is_read():
            pass
    finally:
        history.stop()
    assert history.standing.jobs == 2


def test_notify_survives_every_record(stage: Stage) -> None:
    """Alerts on both sides are delivered; of the junk there is a record for each receiver, and a line in the log."""
    with capture_logs() as logs:
        notifier.run(stage.settings, once=True)
    delivered = [line["id"] for line in logs if line["event"] == "alert"]
    assert delivered == ["a1", "a2"]
    assert places(logs, "junk") == {topics.ALERTS: stage.junk[topics.ALERTS]}
    with closing(Reader(stage.settings, ["junk.alert_deliveries"], from_beginning=True)) as reader:
        noted = [one.record or {} for one in reader.records()]
    unreadable = [(one["status"], one["alert_offset"]) for one in noted if one["reason"] == "unreadable"]
    assert unreadable == [("given_up", offset) for offset in stage.junk[topics.ALERTS]]
    with capture_logs() as logs:
        notifier.run(stage.settings, once=True)
    assert not [line for line in logs if line["event"] in ("alert", "unreadable")]


@IN_VAIN
def test_a_registry_that_is_away_makes_no_junk(stage: Stage, name: str, tmp_path: Path) -> None:
    """It ends the reading with its sentence: what cannot be read now can be read later."""
    alone = stage.settings.model_copy(update={"registry_url": "http://127.0.0.1:9"})
    reads = {"alerts": by_list, "drift": by_drift, "glucose": by_trial}
    with capture_logs() as logs, pytest.raises(Unavailable, match="schema registry"):
        reads[name](alone, tmp_path)
    assert places(logs, "junk").get(name) in (None, [])


@pytest.mark.parametrize("field", ["id", "severity", "life"])
def test_an_alert_that_cannot_be_brought_is_unreadable(field: str) -> None:
    """What the schema leaves open is held to what alerts have: a line break in an id would be one in a header."""
    good = alert(1)
    assert check_alert(good) == good
    with pytest.raises(Unreadable):
        check_alert(good | {field: "x\r\ny"})


def test_a_threshold_that_kafka_does_not_take_is_a_sentence(stage: Stage) -> None:
    """More partitions in the settings than there are: a person has to act, no traceback."""
    many = stage.settings.model_copy(update={"partitions": 64})
    user = next(f"u{n}" for n in range(999) if partition_for(f"u{n}", 64) > 0)
    with pytest.raises(Misconfigured, match="did not take the threshold: _UNKNOWN_PARTITION"):
        threshold_topic.write(many, Threshold(user, "low", 3.0))
