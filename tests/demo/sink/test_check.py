"""What the demo finds in the sink's tables: nothing where they are right, and each thing that is wrong."""

import json
from collections.abc import Iterator

import pytest

from connectors.postgres.tables.layout import PLANS
from streams.demo.sink import tables
from streams.demo.sink.compare import Comparison
from streams.demo.sink.fold import Fold, Row
from streams.events import topics
from streams.kafka import codec
from tests.connectors.postgres.filling import sleep
from tests.connectors.postgres.sinking import Log, Target
from tests.simulator.worlds import events

OLD, NEW = "2026-06-03T08:00:00+00:00", "2026-06-03T09:00:00+00:00"


@pytest.fixture(scope="module")
def log() -> Log:
    """Two days of a made-up world, some of it delivered twice."""
    found = [json.loads(event.body) for event in events(users=3, days=2) if not event.letter and event.meaning is None]
    return Log.of([*found, *found[:40], sleep("s", 80, updated_at=NEW), sleep("s", 70, updated_at=OLD)])


@pytest.fixture
def target(database: str, log: Log) -> Iterator[Target]:
    """Tables with all of it."""
    made = Target(database)
    made.write_all(log)
    yield made
    made.close()


def compared(target: Target, log: Log) -> Comparison:
    fold, found = Fold(), Comparison()
    for topic, messages in log.topics.items():
        schema = codec.parsed(topics.clean_topics()[topic])
        for one in messages:
            record = None if one.content is None else codec.decode(one.content, schema)
            fold.add(topic, one.name or b"", record, one.number)
    for topic in PLANS:
        found.of_topic(topic, fold.rows.get(topic, {}), tables.rows(target._other, "junction", topic))
    return found


def test_right_tables_are_right(target: Target, log: Log) -> None:
    """Every row and cell of every kind of topic."""
    found = compared(target, log)
    assert (found.lost, found.repeated, found.wrong, found.unexpected, found.examples) == (0, 0, 0, 0, [])
    assert found.checked > 1000
    assert {"sleep", "steps", "connections"} <= log.topics.keys()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("DELETE FROM junction.sleep WHERE id = 's'", "lost"),
        ("UPDATE junction.sleep SET score = 70 WHERE id = 's'", "wrong"),
        ("UPDATE junction.sleep SET version_delivered_at = now() WHERE id = 's'", "wrong"),
        ("DELETE FROM junction.samples WHERE time = (SELECT min(time) FROM junction.samples)", "lost"),
        ("UPDATE junction.samples SET value = value + 1", "wrong"),
        ("UPDATE junction.sample_attributes SET unit = 'furlong'", "wrong"),
        ("UPDATE junction.sleep SET id = 't' WHERE id = 's'", "unexpected"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(target: Target, log: Log, damage: str, problem: str) -> None:
    """One row damaged is one row found; examples say where, never what."""
    target.run(damage)
    found = compared(target, log)
    assert getattr(found, problem) > 0
    assert not found.is_right


def test_a_row_that_stands_twice_is_found() -> None:
    """It is counted once more than it ought to be there, and nothing else is wrong."""
    found = Comparison()
    found.of_topic("steps", {("key",): Row((1,), ("cell",))}, [(("key",), ("cell",)), (("key",), ("cell",))])
    assert (found.lost, found.repeated, found.wrong, found.unexpected) == (0, 1, 0, 0)
