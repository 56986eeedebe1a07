"""Which of several sources counts: the worker's answer, and the team's."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.postgres.schema import Database
from streams.ops.errors import Misconfigured
from streams.simulator.truth import rivals
from streams.simulator.truth.truth import Truth
from tests.connectors.postgres.filling import interval, series
from tests.connectors.postgres.sinking import Log, Target, with_tables
from tests.simulator.worlds import events
from tests.strategies import USER, envelope

WATCH = {"provider": "apple_health_kit", "type": "watch"}
PHONE = {"provider": "google_fit", "type": "phone"}


@pytest.fixture
def target(postgres_server: str) -> Iterator[Target]:
    made = Target(with_tables(postgres_server))
    yield made
    made.close()


def steps(source: Any, *minutes: tuple[str, float]) -> dict[str, Any]:
    """`minutes`: (hh:mm, steps)."""
    rows = [interval(f"2026-06-03T{at}:00+00:00", f"2026-06-03T{at}:59+00:00", value) for at, value in minutes]
    return series("steps", rows, source)


def night(id: str, source: Any, score: float, day: str = "2026-06-03") -> dict[str, Any]:
    data = {
        "id": id, "user_id": USER, "source": source, "calendar_date": day, "score": score,
        "created_at": "2026-06-03T08:00:00+00:00", "updated_at": "2026-06-03T08:00:00+00:00",
    }  # fmt: skip
    return envelope("daily.data.sleep.created", data)


EVENTS = [
    steps(PHONE, ("10:00", 100), ("10:59", 1), ("11:00", 50)),
    steps(WATCH, ("10:01", 90), ("12:30", 7)),
    night("a", PHONE, 1),
    night("b", WATCH, 2),
    night("c", PHONE, 3, day="2026-06-04"),
]


def total(target: Target, view: str) -> float:
    return float(target.run(f"SELECT sum(value) FROM junction.{view}")[0][0])


def nights(target: Target, view: str) -> list[str]:
    return [id for (id,) in target.run(f"SELECT id FROM junction.{view} ORDER BY id")]


def test_an_hour_and_a_night_count_once(target: Target) -> None:
    """Of two sources in one hour or on one day the better one counts; where there is one, that one."""
    target.write_all(Log.of(EVENTS))
    assert total(target, "steps") == 248
    assert total(target, "steps_preferred") == total(target, "steps_by_priority") == 50 + 90 + 7
    assert nights(target, "sleep") == ["a", "b", "c"]
    assert nights(target, "sleep_preferred") == nights(target, "sleep_by_priority") == ["b", "c"]


def test_a_team_ranks_as_it_likes(target: Target) -> None:
    """What it writes counts with the next query, the more it names the more; and no start takes it back."""
    target.write_all(Log.of(EVENTS))
    target.run("INSERT INTO junction.source_priority VALUES ('steps', 'phone', '*', 0)")
    assert total(target, "steps_by_priority") == 101 + 50 + 7
    assert nights(target, "sleep_by_priority") == ["b", "c"]
    target.run("INSERT INTO junction.source_priority VALUES ('*', '*', 'google_fit', 0)")
    target.run("INSERT INTO junction.source_priority VALUES ('steps', 'watch', 'apple_health_kit', -1)")
    assert nights(target, "sleep_by_priority") == ["a", "c"]
    assert total(target, "steps_by_priority") == 50 + 90 + 7
    target.run("DELETE FROM junction.source_priority WHERE resource = '*'")
    target.process()
    assert nights(target, "sleep_by_priority") == ["b", "c"]  # without a rank by name: apple_health_kit
    assert target.run("SELECT count(*) FROM junction.source_priority") == [(2,)]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_hours_are_those_of_utc(target: Target, zone: str) -> None:
    """Whatever the session's time zone is: in Kathmandu an hour begins at a quarter to."""
    target.write_all(Log.of(EVENTS))
    target.run(f"SET TIME ZONE '{zone}'")
    assert total(target, "steps_preferred") == total(target, "steps_by_priority") == 147


def test_a_column_more_is_in_the_views(target: Target) -> None:
    """A table that has grown has views that have grown."""
    for name in ("sleep_preferred", "sleep_by_priority"):
        target.run(f"DROP VIEW junction.{name}")
    target.run("ALTER TABLE junction.sleep DROP COLUMN score")
    target.process()
    for name in ("sleep_preferred", "sleep_by_priority"):
        assert target.run(f"SELECT score FROM junction.{name}") == []
    assert Database(target.connection, "junction").plan({}) == []


def test_a_type_is_widened_under_the_views(target: Target) -> None:
    """PostgreSQL changes no type under a view: the sink drops its own and makes them anew, or says it in its SQL."""
    target.run("DROP VIEW junction.sleep_preferred, junction.sleep_by_priority")
    target.run("ALTER TABLE junction.sleep ALTER COLUMN state TYPE varchar(9), ALTER COLUMN rem_s TYPE smallint")
    with pytest.raises(Misconfigured, match="rewrite") as raised:
        target.process()
    change = str(raised.value).split("when there is time: ")[1]
    target.run("CREATE VIEW junction.sleep_preferred AS SELECT rem_s FROM junction.sleep")
    for statement in change.split("; "):
        target.run(statement)
    target.run("CREATE VIEW junction.sleep_preferred AS SELECT state FROM junction.sleep")
    target.process()
    kinds = target.run(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 'junction.sleep_preferred'::regclass AND attname IN ('state', 'rem_s') ORDER BY 1"
    )
    assert kinds == [("bigint",), ("text",)]


def test_every_view_answers_and_says_what_it_is(target: Target) -> None:
    """Each view of each resource can be read, and has words; a second start has nothing to make."""
    names = [name for (name,) in target.run("SELECT viewname FROM pg_views WHERE schemaname = 'junction'")]
    assert {"steps_preferred", "heartrate_by_priority", "sleep_by_priority", "profile_preferred"} <= set(names)
    assert not {"heartrate_preferred", "workout_stream_preferred", "note_by_priority"} & set(names)
    for name in names:
        assert target.run(f"SELECT * FROM junction.{name}") == []
        assert target.run(f"SELECT obj_description('junction.{name}'::regclass)")[0][0]


def test_steps_of_a_day_are_those_that_a_person_went(target: Target) -> None:
    """Steps a day of every user of a made-up world, those with two devices among them, as the simulator knows them."""
    found = [event for event in events(users=12, days=2) if b"daily.data.steps." in event.body]
    target.write_all(Log.of(json.loads(event.body) for event in found))
    wanted, all_of_them = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    truth = Truth.of(found)
    spans = rivals.spans(fact.rival for fact in truth.newest.values() if fact.rival)
    for fact in truth.newest.values():
        assert fact.rival
        day = datetime.fromtimestamp(fact.key[4] / 1e6, UTC).date().isoformat()
        all_of_them[fact.key[1], day] += fact.content[1]
        if rivals.best(spans[fact.rival.span]) == fact.rival.maker:
            wanted[fact.key[1], day] += fact.content[1]
    doubled = {key for key in wanted if all_of_them[key] > wanted[key]}
    assert doubled
    for view in ("steps_preferred", "steps_by_priority"):
        days = target.run(
            "SELECT user_id, to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD'), sum(value) "
            f"FROM junction.{view} GROUP BY 1, 2"
        )
        assert {(user, day): value for user, day, value in days} == wanted
