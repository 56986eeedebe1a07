"""The product's own folds, fed by the schedule: the oracle and the pure core have to agree. No Kafka."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from streams.agents.assembly import folds
from streams.events import topics
from streams.events.headers import H_ID, Delivery, Headers, cloud_headers, header
from streams.events.identity import identify
from streams.events.message_ids import ksuid_time_ms
from streams.events.record_keys import raw_key
from streams.kafka import codec
from streams.kafka.codec import Codec
from streams.ops.errors import Rejected
from streams.simulator.delivery.schedule import Attempt, Faults, schedule
from streams.simulator.truth.truth import Clean, Truth
from streams.simulator.world.world import Event, Generation
from streams.tables.draft import Draft
from tests.simulator.worlds import events
from tests.simulator.worlds import world as made_world

PREFIX = "junction"


@dataclass
class Raw:
    """A stored record, as the consumer hands it over."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    offset: int
    partition: int = 0
    timestamp: int = 0


@dataclass
class Core:
    """The worker without Kafka: one transaction a record, state in a dict."""

    folds: Any = field(default_factory=lambda: folds(Codec(dict.fromkeys(topics.avro_topics(), 1)), PREFIX))
    tables: dict[str, dict[bytes, bytes | None]] = field(default_factory=dict)
    clean: list[Clean] = field(default_factory=list)
    letters: list[tuple[str, str]] = field(default_factory=list)  # delivery id, reason

    def process(self, attempts: list[Attempt]) -> list[Clean]:
        for offset, attempt in enumerate(attempts):
            self._one(stored(attempt.event, attempt.due_ms, offset))
        return self.clean

    def _one(self, raw: Raw) -> None:
        draft = Draft(lambda table, key: self.tables.get(table, {}).get(key), 0, raw.timestamp)
        try:
            draft.run(self.folds[raw.topic], raw)
        except Rejected as rejected:
            self.letters.append((header(raw.headers, H_ID), rejected.reason))
        for table, written in draft.tables.items():
            self.tables.setdefault(table, {}).update(written)
        for emit in draft.emits:
            name = emit.topic.removeprefix(f"{PREFIX}.")
            if name == topics.FETCH_JOBS:
                continue
            record = codec.decode(emit.value or b"", codec.parsed(topics.clean_topics()[name]))
            self.clean.append((name, emit.key or b"", record))


def stored(event: Event, received_ms: int, offset: int) -> Raw:
    """What the gateway stores of a delivery."""
    identity, created_ms = identify(event.body), ksuid_time_ms(event.message_id) or 0
    delivery = Delivery(event.message_id, "webhook", "junction", rfc3339(created_ms), rfc3339(received_ms))
    headers = cloud_headers(identity, delivery)
    name = topics.raw_topic(identity.type)
    return Raw(name, raw_key(identity), event.body, headers, offset, timestamp=received_ms)


def rfc3339(ms: int) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ms // 1000))}.{ms % 1000:03}Z"


@pytest.mark.parametrize("generation", list(Generation))
def test_the_folds_are_right(generation: Generation) -> None:
    """Duplicates, late copies and overtaking: nothing is lost, repeated or wrong in any generation."""
    world = events(users=12, generation=generation)
    faults = Faults(4, duplicates=0.2, late=0.1, lost_ack=0.1, reorder_window_s=20_000)
    report = Truth.of(world).compare(Core().process(list(schedule(world, faults))))
    assert report.is_right, report


@pytest.mark.parametrize("seed", range(6))
def test_odd_bodies_are_read_as_they_are_meant(seed: int) -> None:
    """In any order and however often: no value is lost with a bad neighbour, nothing known is emptied, nobody is two
    people, and what cannot be kept is one dead letter that says why."""
    world = tuple(made_world(users=0, seed=seed, has_odd_bodies=True).events())
    faults = Faults(seed, duplicates=0.4, late=0.2, lost_ack=0.2, reorder_window_s=20_000)
    core = Core()
    report = Truth.of(world).compare(core.process(list(schedule(world, faults))))
    assert report.is_right, report
    assert set(core.letters) == {(event.message_id, event.letter) for event in world if event.letter}
