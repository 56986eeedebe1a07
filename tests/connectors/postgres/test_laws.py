"""Whatever is read again, repeated or cut into batches: the tables end the same."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from connectors.postgres.tables import layout
from connectors.postgres.tables.layout import PLANS
from streams.events.resources import RESOURCES, Kind
from streams.events.schemas import schema_text
from tests import postgres, strategies
from tests.connectors.postgres.sinking import Log, Target
from tests.every_event import EVENT_TYPES
from tests.every_event import of as event_of

EXAMPLES = 8
LARGE = [hypothesis.HealthCheck.large_base_example]  # because the least event already has every field of its schema
events = st.lists(
    strategies.summaries() | strategies.series() | strategies.other_series() | strategies.labs()
    | st.sampled_from(EVENT_TYPES).flatmap(event_of),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.fixture(scope="module")
def target(postgres_server: str) -> Iterator[Target]:
    with closing(Target(postgres.database(postgres_server))) as made:
        yield made


@hypothesis.settings(max_examples=EXAMPLES, suppress_health_check=LARGE)
@hypothesis.given(given=events, data=st.data())
def test_any_batches_from_any_offset(target: Target, given: list[Any], data: st.DataObject) -> None:
    """Batches of any size, and now and then all over again from an earlier offset, end as one batch of everything."""
    log = Log.of(given)
    target.empty(log.topics)
    target.write_all(log)
    wanted = target.dump(log.topics)
    target.empty(log.topics)
    for topic, messages in log.topics.items():
        at = 0
        while at < len(messages):
            size = data.draw(st.integers(1, len(messages)))
            target.write(messages[at : at + size])
            at += size
            if data.draw(st.integers(0, 3)) == 0:
                at = data.draw(st.integers(0, min(at, len(messages))))
                target.rewind(topic, at)
    assert target.dump(log.topics) == wanted
    assert target.run("SELECT * FROM junction.sink_rejects") == []


SUMMARIES = [row.name for row in RESOURCES.values() if row.kind is Kind.SUMMARY]


def contents(target: Target, topic: str) -> list[tuple[Any, ...]]:
    """What the newest version says: without what is said of its sending, which may be sent again (`preferred`)."""
    fields = json.loads(schema_text(PLANS[topic].schema))["fields"]
    names = [*layout.VERSION, *(f'"{row["name"]}"' for row in fields if "junction" in row)]
    return target.run(f"SELECT {', '.join(names)} FROM junction.{topic} ORDER BY user_id, id")


@hypothesis.settings(max_examples=EXAMPLES)
@hypothesis.given(given=st.lists(strategies.summaries(), min_size=2, max_size=12), data=st.data())
def test_summaries_in_any_order(target: Target, given: list[Any], data: st.DataObject) -> None:
    """Versions decide, not the order: the newest of each key stands there."""
    log = Log.of(given)
    target.empty(log.topics)
    target.write_all(log)
    topics = [topic for topic in log.topics if topic in SUMMARIES]
    wanted = {topic: contents(target, topic) for topic in topics}
    target.empty(log.topics)
    for topic in topics:
        shuffled = data.draw(st.permutations(log.topics[topic]))
        cut = data.draw(st.integers(0, len(shuffled)))
        for number, message in enumerate(shuffled):
            message.number = number
        target.write(shuffled[:cut])
        target.write(shuffled[cut:])
    assert {topic: contents(target, topic) for topic in topics} == wanted
