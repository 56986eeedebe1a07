"""What a person does beside the sink that runs: forget a user, read a topic again, look."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from connectors.contract.sink import Fenced
from connectors.postgres import erase, overview, rebuild
from connectors.postgres.connection import Connection, opened
from streams.cli import app
from streams.kafka import admin, registry
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.connectors.postgres.filling import clean, interval, produce, series, sleep
from tests.connectors.postgres.sinking import AT_MS, Log, Target, batch, with_tables
from tests.connectors.postgres.test_service import EVENTS, SLEEP, STEPS, rows, running, until
from tests.folding import PREFIX
from tests.strategies import USER, envelope

OTHER = "0b0b0b0b-0000-4000-8000-00000000000b"
MARK = "marker-of-one-person"
WATCH = {"provider": "apple_health_kit", "type": "watch", "device_id": MARK, "app_id": "com.apple.health"}
AT = "2026-06-03T08:00:00+00:00"


def steps(user: str, day: int = 3) -> dict[str, Any]:
    start = f"2026-06-{day:02d}T10:00:00+00:00"
    sample = interval(start, start.replace(":00:00+", ":01:00+"), 30)
    return series("steps", [sample], watch_of(user)) | {"user_id": user}


def watch_of(user: str) -> dict[str, Any]:
    return WATCH if user == USER else {**WATCH, "device_id": None}


def of_user(user: str, name: str) -> list[Any]:
    """Something in each kind of table."""
    reading = {"id": "n", "timestamp": AT, "start": AT, "end": AT, "value": f"said {name}", "tags": [name], "unit": "x"}
    order = {"id": f"order-{name}", "user_id": user, "patient_details": {"first_name": name}}
    return [
        sleep(f"night-{name}", 70, updated_at=AT, user=user),
        steps(user),
        series("note", [reading], watch_of(user)) | {"user_id": user},
        envelope("provider.connection.created", {"provider": "oura", "user_id": user}) | {"user_id": user},
        envelope("labtest.order.created", order) | {"user_id": user},
    ]


@pytest.fixture
def target(postgres_server: str) -> Iterator[Target]:
    made = Target(with_tables(postgres_server))
    yield made
    made.close()


def places_of(target: Target, *words: str) -> dict[str, int]:
    """In how many rows of which tables one of the words stands, wherever."""
    tables = target.run(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'junction' AND c.relkind = 'r'"
    )
    found = {}
    for (table,) in tables:
        [(n,)] = target.run(f"SELECT count(*) FROM {table} t WHERE t::text ~ %s", "|".join(words))
        if n:
            found[table.removeprefix("junction.")] = n
    return found


def test_a_person_is_forgotten_everywhere_and_for_good(target: Target) -> None:
    """No table of any kind has a word of them, also after all topics were read again; of others every row stays."""
    log = Log.of([*of_user(USER, MARK), *of_user(OTHER, "nobody")])
    target.write_all(log)
    before = places_of(target, OTHER)
    assert {"sleep", "note", "connections", "labs", "series", "sample_attributes"} <= set(places_of(target, USER, MARK))
    done = erase.erase(target.connection, "junction", USER.upper())
    assert done.rows == {"sleep": 1, "note": 1, "connections": 2, "labs": 1, "samples": 1, "series": 1,
                         "sample_attributes": 1}  # fmt: skip
    assert places_of(target, USER, MARK) == {"erased": 1}
    for topic, messages in log.topics.items():
        target.rewind(topic, 0)
        target.write(messages)
    assert places_of(target, USER, MARK) == {"erased": 1}
    assert places_of(target, OTHER) == before
    assert target.run("SELECT user_id, value FROM junction.steps") == [(OTHER, 30.0)]


def test_what_is_delivered_afterwards_is_written(target: Target) -> None:
    """Whoever comes back begins anew: the erasure is about what was delivered before."""
    target.write_all(Log.of([steps(USER)]))
    erase.erase(target.connection, "junction", USER)
    target.run("UPDATE junction.erased SET at = to_timestamp(%s)", AT_MS / 1000 + 0.5)
    later = Log.of([steps(USER), steps(USER, day=4)])  # half a second before, and after
    target.rewind("steps", 0)
    target.write_all(later)
    assert target.run("SELECT extract(day FROM time AT TIME ZONE 'UTC')::int FROM junction.steps") == [(4,)]
    assert target.run("SELECT source_device_id FROM junction.steps") == [(MARK,)]


def test_an_erasure_waits_for_a_batch_and_the_next_batch_for_it(target: Target) -> None:
    """A batch that was begun before is committed, and then erased; none can slip through beside it."""
    log = Log.of(of_user(USER, MARK))
    target.write_all(Log.of([sleep("first", 1, updated_at=AT, user=OTHER)]))
    with psycopg.connect(target.url) as other, opened(target.settings) as connection:
        other.execute("UPDATE junction.sink_positions SET rows = rows")  # as the first statement of a batch
        other.execute("INSERT INTO junction.sleep (user_id, id) VALUES (%s, 'x')", (USER,))
        eraser = threading.Thread(target=erase.erase, args=(connection, "junction", USER))
        eraser.start()
        while not target.run("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'ExclusiveLock'"):
            assert eraser.is_alive()
        writer = threading.Thread(target=target.write_all, args=(log,))
        writer.start()
        other.commit()
        eraser.join()
        writer.join()
    assert places_of(target, USER, MARK) == {"erased": 1}


def test_a_sink_that_runs_forgets_what_it_knew(target: Target) -> None:
    """It remembers numbers of series, and those of an erased person are gone: its next batch is fenced."""
    messages = Log.of([steps(USER), steps(USER, day=4)]).topics["steps"]
    target.write(messages[:1])
    done = erase.erase(target.connection, "junction", USER)
    with pytest.raises(Fenced):
        target.sink.write([batch(messages[1:], 1)])
    target.run("UPDATE junction.erased SET at = '2020-01-01'")  # as if this were delivered afterwards
    target.write(messages[1:])
    assert (done.rows["series"], target.run("SELECT user_id FROM junction.steps")) == (1, [(USER,)])


def test_deleted_rows_leave_the_files(target: Target) -> None:
    """`--vacuum`: PostgreSQL counts no dead row any more."""
    target.write_all(Log.of(of_user(USER, MARK)))
    done = erase.erase(target.connection, "junction", USER)
    erase.vacuum(target.connection, "junction", done)
    [(pages,)] = target.run("SELECT pg_relation_size('junction.sleep')")
    assert pages == 0


@pytest.fixture
def filled(sink_settings: Settings) -> Settings:
    admin.apply(sink_settings)
    produce(sink_settings, registry.register(sink_settings), clean(EVENTS))
    return sink_settings


def test_a_topic_is_read_again_while_the_sink_runs(filled: Settings) -> None:
    """Rows that were changed by hand are as before, and nobody has to restart anything."""
    nights, samples = [("s1", 80.0), ("s2", 50.0)], [(30.0,), (44.0,)]
    with running(filled), opened(filled) as connection:
        assert (until(filled, SLEEP, nights), until(filled, STEPS, samples)) == (nights, samples)
        rows(filled, "UPDATE junction.sleep SET score = 1 RETURNING 1")
        rows(filled, "UPDATE junction.samples SET value = 1 RETURNING 1")
        assert rebuild.expired(filled, "sleep") == rebuild.expired(filled, "steps") == 0
        assert rebuild.rebuild(connection, filled, "sleep") == 2
        assert rebuild.rebuild(connection, filled, "steps") == 2
        assert (until(filled, SLEEP, nights), until(filled, STEPS, samples)) == (nights, samples)
        assert rows(filled, "SELECT value FROM junction.heartrate") == [(1.0,)]  # of another topic
        found = {one.topic.removeprefix(f"{filled.topic_prefix}."): one for one in overview.status(connection, filled)}
    assert (found["sleep"].position, found["sleep"].lag, found["sleep"].rejects) == (3, 0, 0)
    assert (found["sleep"].rows, found["steps"].rows) == (3, 3)  # two records with three samples
    assert found["sleep"].committed_at is not None
    assert (found["meal"].position, found["meal"].rows, found["meal"].committed_at) == (0, 0, None)
    away = filled.model_copy(update={"bootstrap_servers": ""})
    with opened(filled) as connection:
        assert {one.lag for one in overview.status(connection, away)} == {None}


def test_only_clean_topics_are_read_again(target: Target) -> None:
    """A table of the team's own, or a misspelt name, is a sentence."""
    with pytest.raises(Misconfigured, match=r"docs/catalogue\.md"):
        rebuild.rebuild(target.connection, target.settings, "erased")


def said(target: Target, *arguments: str) -> Any:
    """What a command prints with --json."""
    env = {"STREAMS_POSTGRES_URL": target.url, "STREAMS_BOOTSTRAP_SERVERS": "127.0.0.1:9", "STREAMS_REGISTRY_URL": ""}
    ended = CliRunner().invoke(app, ["sink", *arguments, "--json"], env=env, catch_exceptions=False)
    assert ended.exit_code == 0
    return json.loads(ended.stdout)


def test_the_commands_say_it_to_machines(target: Target) -> None:
    """A second erasure finds nothing, and is no error."""
    target.write_all(Log.of([*of_user(USER, MARK), sleep("s\0", 70, updated_at=AT, user=OTHER)]))
    assert [one["topic"] for one in said(target, "rejects", "--topic", "sleep")] == [f"{PREFIX}.sleep"]
    assert said(target, "rejects", "--topic", "note") == []
    found = said(target, "erase", USER, "--vacuum")
    assert (found["user_id"], found["rows"]["sleep"], found["is_vacuumed"]) == (USER, 1, True)
    assert datetime.fromisoformat(found["at"]).utcoffset() is not None
    assert said(target, "erase", USER)["rows"] == {}


def test_rejects_are_listed_without_their_values(target: Target) -> None:
    """Where the record stands and why; of one topic if that is asked for; gone once the topic is read again."""
    bad = sleep("s\0" + MARK, 70, updated_at=AT)
    target.write_all(Log.of([bad]))
    with opened(target.settings) as connection:
        [found] = overview.rejects(connection, "junction", "", 10)
        assert (found.topic, found.offset) == (f"{PREFIX}.sleep", 0)
        assert MARK not in str(found)
        assert overview.rejects(connection, "junction", f"{PREFIX}.steps", 10) == []
        [status] = [one for one in overview.status(connection, target.settings) if one.topic == f"{PREFIX}.sleep"]
        assert (status.rejects, status.lag) == (1, None)
        rebuild.rebuild(connection, target.settings, "sleep")
        assert overview.rejects(connection, "junction", "", 10) == []


def test_a_database_that_no_sink_has_seen_is_a_sentence(postgres_server: str, sink_settings: Settings) -> None:
    """No table is there: which command makes them."""
    connection = Connection(sink_settings)
    with pytest.raises(Misconfigured, match="sink postgres"):
        overview.status(connection, sink_settings)
