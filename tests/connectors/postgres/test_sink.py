"""One process of the sink, on a real PostgreSQL: versions, tombstones, fences, rejects, who is to be forgotten."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from typing import Any

import pytest

from connectors.contract.sink import Fenced
from connectors.postgres import sink
from streams.events import topics
from streams.kafka import codec
from streams.ops.errors import Misconfigured, Unavailable
from tests import postgres
from tests.connectors.postgres.filling import point, series, sleep
from tests.connectors.postgres.sinking import PARTITION, Log, Target, batch
from tests.folding import CODEC
from tests.integration.test_alert_lives import step
from tests.strategies import USER

NEW, OLD = "2026-06-03T09:00:00+00:00", "2026-06-03T08:00:00+00:00"


@pytest.fixture(scope="module")
def shared(postgres_server: str) -> Iterator[Target]:
    with closing(Target(postgres.database(postgres_server))) as made:
        yield made


@pytest.fixture
def target(shared: Target) -> Target:
    """Empty tables."""
    shared.run("DELETE FROM junction.erased")
    shared.empty(["sleep", "connections", "alerts", "preferences", "note", "drift"])
    return shared


# As PostgreSQL itself raises it, from within a statement.
FULL = (
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$; "
    "CREATE TRIGGER full_disk BEFORE INSERT ON junction.sleep FOR EACH ROW EXECUTE FUNCTION full_disk()"
)


def scores(target: Target) -> list[tuple[Any, ...]]:
    return target.run("SELECT id, score FROM junction.sleep ORDER BY id")


def sleeps(*events: Any) -> list[Any]:
    return Log.of(events).topics["sleep"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_older_version_never_replaces_a_newer_one(target: Target, order: tuple[int, int]) -> None:
    """In whichever order they come, in one batch or in two."""
    found = sleeps(sleep("s", 70, updated_at=OLD), sleep("s", 80, updated_at=NEW))
    for number, place in enumerate(order):
        found[place].number = number
    ordered = sorted(found, key=lambda one: one.number)
    target.write(ordered)
    assert scores(target) == [("s", 80.0)]
    target.empty(["sleep"])
    target.write(ordered[:1])
    target.write(ordered[1:])
    assert scores(target) == [("s", 80.0)]


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_equal_versions_pass(target: Target, is_one_batch: bool) -> None:
    """A record that is sent again for its `preferred` alone has the version of the one before."""
    ring = sleep("ring", 70, updated_at=OLD)
    ring["data"]["source"] = {"provider": "oura", "type": "ring"}
    log = sleeps(ring, sleep("watch", 80, updated_at=OLD))
    for run in [log] if is_one_batch else [[one] for one in log]:
        target.write(run)
    flags = target.run("SELECT id, preferred FROM junction.sleep ORDER BY id")
    assert flags == [("ring", False), ("watch", True)]
    assert len(log) == 3


def test_a_tombstone_deletes(target: Target) -> None:
    """What stood before it; not a record behind it in the same batch."""
    first, second = sleeps(sleep("a", 1, updated_at=OLD), sleep("b", 2, updated_at=OLD))
    target.write([first, second])
    log = Log()
    for key, value in ((first.name, None), (second.name, None), (second.name, second.content)):
        log.put("sleep", key, value)
    for message in log.topics["sleep"]:
        message.number += 2
    target.write(log.topics["sleep"])
    assert scores(target) == [("b", 2.0)]


def test_a_tombstone_of_a_series_deletes_its_samples(target: Target) -> None:
    """The user's samples of that resource, and no other."""
    log = Log.of([series("heartrate", [point(NEW, 60)]), series("glucose", [point(NEW, 5)])])
    target.write_all(log)
    log.put("heartrate", f"{USER}:heartrate".encode(), None)
    target.write(log.topics["heartrate"][1:])
    assert target.run("SELECT resource FROM junction.series JOIN junction.samples USING (series_id)") == [("glucose",)]


def test_a_tombstone_of_a_state_is_of_its_place(target: Target) -> None:
    """An old one that is read again deletes nothing that came after it."""
    log = Log()
    record = preference(hour=3)
    key = f"{USER}:steps:1970-01-01T03".encode()
    for value in (CODEC.encode(topics.PREFERENCES, record), None, CODEC.encode(topics.PREFERENCES, record)):
        log.put(topics.PREFERENCES, key, value)
    messages = log.topics[topics.PREFERENCES]
    target.write(messages[:2])
    assert target.run("SELECT count(*) FROM junction.preferences") == [(0,)]
    target.write(messages[2:])
    target.rewind(topics.PREFERENCES, 1)
    target.write(messages[1:2])
    assert target.run("SELECT others FROM junction.preferences") == [([{"provider": "oura", "type": "ring"}],)]


def preference(hour: int) -> dict[str, Any]:
    return {
        "user_id": USER, "resource": "steps", "hour_at": hour * 3_600_000, "provider": "garmin", "type": "watch",
        "priority": 3, "others": [{"provider": "oura", "type": "ring"}], "delivery_id": "d", "processed_at": 5,
    }  # fmt: skip


def test_the_greatest_revision_of_an_alert(target: Target) -> None:
    """Counts, in whichever order they come; evidence is jsonb."""
    log = Log()
    for revision in (2, 1, 3):
        log.put("alerts", b"u:r", CODEC.encode("alerts", step(1) | {"id": "a", "revision": revision}))
    messages = log.topics["alerts"]
    target.write(messages[:2])
    assert target.run("SELECT revision FROM junction.alerts") == [(2,)]
    target.write(messages[2:])
    assert target.run("SELECT id, revision, pg_typeof(evidence)::text FROM junction.alerts") == [("a", 3, "jsonb")]


def test_another_process_is_fenced(target: Target) -> None:
    """A batch that does not begin where the target stands writes nothing; nor does one of a generation before."""
    first, second = sleeps(sleep("a", 1, updated_at=OLD), sleep("b", 2, updated_at=OLD))
    zombie = target.process()
    zombie.positions([batch([first], 0).place])
    target.write([first])
    with pytest.raises(Fenced):
        zombie.write([batch([first, second], 0)])
    zombie.positions([batch([first], 0).place])
    target.rewind("sleep", 0)
    target.rewind("sleep", 1)
    with pytest.raises(Fenced):
        zombie.write([batch([second], 1)])
    assert scores(target) == [("a", 1.0)]


def test_what_postgres_cannot_hold_is_a_reject(target: Target) -> None:
    """NUL in a text, a year 300000, bytes that are no Avro: place and reason, no value; the others are rows."""
    messages = sleeps(*(sleep(f"s{n}", n, updated_at=OLD) for n in range(5)))
    messages[1].content = (messages[1].content or b"").replace(b"s1", b"\x00!")
    messages[2].content = b"planted"
    messages[3].content = beyond(messages[3].content or b"")
    target.write(messages)
    assert scores(target) == [("s0", 0.0), ("s4", 4.0)]
    found = target.run("SELECT partition, record_offset, reason FROM junction.sink_rejects ORDER BY record_offset")
    assert [row[:2] for row in found] == [(PARTITION, 1), (PARTITION, 2), (PARTITION, 3)]
    assert "NUL" in found[0][2]
    assert "time" in found[2][2]
    assert "planted" not in str(found)
    assert target.run("SELECT next_offset FROM junction.sink_positions WHERE topic = 'junction.sleep'") == [(5,)]


def test_a_batch_that_was_rolled_back_leaves_no_numbers(target: Target) -> None:
    """A series that was made in it is made again: samples of a number that no series has would be seen by nobody."""
    samples = [series("heartrate", [point(at, value, sensor_location="wrist")]) for at, value in ((OLD, 61), (NEW, 60))]
    messages = Log.of(samples).topics["heartrate"]
    messages[0].content = (messages[0].content or b"").replace(b"wrist", b"\x00rist")  # its series is fine
    target.write(messages)
    target.write_all(Log.of([series("glucose", [point(NEW, 5)])]))
    assert target.run("SELECT value FROM junction.heartrate") == [(60.0,)]
    assert target.run("SELECT value FROM junction.glucose") == [(5.0,)]


def beyond(value: bytes) -> bytes:
    """The record, delivered in the year 300000, which no µs of 64 bits reach."""
    version = {"updated_at": None, "delivered_at": 9_405_000_000_000_000, "content_hash": 1}
    return changed(value, version=version)


def changed(value: bytes, **fields: Any) -> bytes:
    """A record of sleep with other fields."""
    return CODEC.encode("sleep", _plain(codec.decode(value, codec.parsed("Sleep"))) | fields)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000_000)
    return (value - date(1970, 1, 1)).days if isinstance(value, date) else value


def test_a_name_too_long_for_an_index_is_a_reject(target: Target) -> None:
    """An id of 9,000 characters that do not compress: the others of its batch are rows."""
    long = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(9_000))
    messages = sleeps(sleep("s", 1, updated_at=OLD), sleep("a", 2, updated_at=OLD))
    messages[0].content = changed(messages[0].content or b"", id=long)
    target.write(messages)
    assert scores(target) == [("a", 2.0)]
    assert target.run("SELECT reason FROM junction.sink_rejects") == [("what names the row is too long for an index",)]


def test_a_schema_that_the_registry_does_not_know(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may know it soon, so it is waited for; then a sentence, and the position stands."""
    [message] = sleeps(sleep("a", 1, updated_at=OLD))
    message.content = b"\0\0\0\x7f\xff" + (message.content or b"")[5:]
    with pytest.raises(Unavailable, match="does not know yet"):
        target.write([message])
    monkeypatch.setattr(sink, "UNKNOWN_S", 0.0)
    with pytest.raises(Misconfigured, match="STREAMS_REGISTRY_URL"):
        target.write([message])
    assert target.run("SELECT sum(next_offset) FROM junction.sink_positions") == [(0,)]


def test_who_is_forgotten_stays_away(target: Target) -> None:
    """Records delivered before the erasure never come back, whenever the topic is read; later ones are rows."""
    log = Log.of([sleep("a", 1, updated_at=OLD), series("heartrate", [point(NEW, 60)]), sleep("b", 2, updated_at=OLD)])
    at = "to_timestamp(1780500001.5)"  # behind the first two deliveries
    target.run(f"INSERT INTO junction.erased VALUES (%s, {at})", USER)  # because it is a constant
    target.write_all(log)
    assert scores(target) == [("b", 2.0)]
    assert target.run("SELECT * FROM junction.samples") == []


@pytest.mark.parametrize(
    ("change", "back", "error", "words"),
    [
        ("ALTER TABLE junction.sleep RENAME COLUMN score TO points",
         "ALTER TABLE junction.sleep RENAME COLUMN points TO score", Misconfigured, "a column is missing.*--plan"),
        ("ALTER DATABASE {db} SET default_transaction_read_only = on", "ALTER DATABASE {db} RESET ALL",
         Unavailable, "read-only: a standby"),
        (FULL, "DROP TRIGGER full_disk ON junction.sleep; DROP FUNCTION full_disk", Misconfigured,
         "disk is full: make room"),
        ("ALTER TABLE junction.sleep RENAME COLUMN score TO points; ALTER TABLE junction.sleep ADD COLUMN score date",
         "ALTER TABLE junction.sleep DROP COLUMN score; ALTER TABLE junction.sleep RENAME COLUMN points TO score",
         Misconfigured, "a column has another type.*--plan"),
        ("ALTER TABLE junction.sleep ADD CONSTRAINT own CHECK (score > 5)",
         "ALTER TABLE junction.sleep DROP CONSTRAINT own", Misconfigured, "refuses to write junction.sleep.*23514"),
    ],
)  # fmt: skip
def test_a_sentence_for_what_a_person_did(
    target: Target, change: str, back: str, error: type[Exception], words: str
) -> None:
    """No value in it; nothing is written, and the position stands."""
    db = target.run("SELECT current_database()")[0][0]
    target.run(change.format(db=db))
    target.connection.close()
    try:
        with pytest.raises(error, match=words) as raised:
            target.write(sleeps(sleep("secret", 1, updated_at=OLD)))
        assert "secret" not in str(raised.value)
    finally:
        target.run("SET default_transaction_read_only = off")
        target.run(back.format(db=db))
        target.connection.close()
    assert scores(target) == []
    assert target.run("SELECT sum(next_offset) FROM junction.sink_positions") in ([(0,)], [(None,)])
