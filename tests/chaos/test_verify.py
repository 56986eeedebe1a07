"""The verifier can fail: every kind of damage to a right result is found, and named as what it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.events.headers import H_FROM_OFFSET, H_FROM_PARTITION, H_FROM_TOPIC, H_REASON
from streams.events.message_ids import ksuid_time_ms
from streams.events.partitions import partition_for
from streams.lineage.columns import record_of
from tests.chaos import alarms
from tests.chaos.model import Model
from tests.chaos.reading import Found
from tests.chaos.scenario import plan
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.verify import Findings, check_dead, verify
from tests.chaos.world import Load
from tests.folding import PREFIX, raw

EVENTS = list(Load(seed=3, end_ms=1_780_500_000_000, events=1000, rate=1).world())


@dataclass
class Stored:
    """What confluent-kafka's Message answers, for a record that never saw Kafka."""

    name: str
    place: tuple[int, int]
    said: tuple[bytes, bytes | None]
    rows: tuple[tuple[str, bytes], ...] = ()

    def topic(self) -> str:
        return self.name

    def partition(self) -> int:
        return self.place[0]

    def offset(self) -> int:
        return self.place[1]

    def key(self) -> bytes:
        return self.said[0]

    def value(self) -> bytes | None:
        return self.said[1]

    def headers(self) -> list[tuple[str, bytes]]:
        return list(self.rows)


def perfect(rules: str = "") -> Found:
    """What a right product would have left in Kafka, in lists of one's own. `rules`: of alerts, TOML."""
    made = _perfect(rules)
    changes = {table: [*rows] for table, rows in made.changes.items()}
    return replace(made, raw=[*made.raw], clean=[*made.clean], lineage=[*made.lineage], changes=changes)


@cache
def _perfect(rules: str) -> Found:
    found = Found(changes={table: [] for table in topics.TABLES})
    for offset, event in enumerate(EVENTS):
        record = raw(event.body, at_ms=ksuid_time_ms(event.message_id) or 0, id=event.message_id, offset=offset)
        found.raw.append(record._replace(partition=partition_for(event.user_id, 4)))
    model = Model(PREFIX, rules).run(found.raw)
    for offset, (topic, key, record) in enumerate(model.clean):
        found.clean.append((Stored(f"{PREFIX}.{topic}", (0, offset), (key, b"")), record))  # type: ignore[arg-type]  # because it answers what is asked
    for offset, row in enumerate(model.rows.values()):
        found.lineage.append((Stored("lineage", (row.partition, offset), (b"", b"")), record_of([row])))  # type: ignore[arg-type]  # because it answers what is asked
    for (table, partition), rows in model.tables.items():
        for offset, row in enumerate(rows.items()):
            found.changes[table].append(Stored("changelog", (partition, offset), row))  # type: ignore[arg-type]  # because it answers what is asked
    return found


def findings(found: Found, tmp_path: Path, rules: str = "") -> Any:
    return verify(found, EVENTS, PREFIX, tmp_path, rules)


def data_record(found: Found) -> int:
    """Place of a record in the middle that is not a connection's."""
    names = [message.topic().removeprefix(f"{PREFIX}.") for message, _ in found.clean]
    return next(i for i in range(len(names) // 2, len(names)) if names[i] not in (topics.CONNECTIONS, topics.BACKFILLS))


def lose(found: Found) -> None:
    del found.clean[data_record(found)]


def repeat(found: Found) -> None:
    found.clean.append(found.clean[data_record(found)])


def change(found: Found) -> None:
    place = data_record(found)
    message, record = found.clean[place]
    assert record
    found.clean[place] = (message, record | {"verdict": "CHANGED", "changed_fields": ["made_up"]})


def lose_raw(found: Found) -> None:
    del found.raw[7]


def lose_row(found: Found) -> None:
    found.changes["connections"].pop()


def change_row(found: Found) -> None:
    row = found.changes["connections"][-1]
    found.changes["connections"].append(Stored("changelog", (row.partition(), 10_000), (row.key(), b"other")))  # type: ignore[arg-type]  # because it answers what is asked


def lose_lineage(found: Found) -> None:
    del found.lineage[9]


def repeat_lineage(found: Found) -> None:
    found.lineage.append(found.lineage[9])


def change_lineage(found: Found) -> None:
    found.lineage[9] = (found.lineage[9][0], {**found.lineage[9][1], "offsets": [10**6]})


def reverse(found: Found) -> None:
    found.clean.reverse()


def test_a_perfect_result_is_right(tmp_path: Path) -> None:
    """Nothing is found where nothing is wrong, and something was compared."""
    result = findings(perfect(), tmp_path)
    assert result.is_right, result.examples
    assert all(result.checked[what] > 50 for what in ("events", "facts", "clean records", "rows", "lineage rows"))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lose, "lost"),
        (repeat, "repeated"),
        (change, "wrong"),
        (lose_raw, "lost"),
        (lose_row, "lost"),
        (change_row, "wrong"),
        (lose_lineage, "lost"),
        (repeat_lineage, "repeated"),
        (change_lineage, "wrong"),
        (reverse, "disordered"),
    ],
)
def test_damage_is_found(damage: Callable[[Found], None], problem: str, tmp_path: Path) -> None:
    """One record lost, repeated, changed or moved is counted as that."""
    found = perfect()
    damage(found)
    assert getattr(findings(found, tmp_path), problem) > 0


@given(st.sampled_from(sorted(SCENARIOS)), st.integers(0, 1000), st.floats(5, 60))
def test_a_seed_repeats_its_schedule(name: str, seed: int, seconds: float) -> None:
    """The same seed plans the same faults at the same times, sorted, within the time of the load."""
    scenario = SCENARIOS[name]
    planned = plan(scenario, seed, seconds)
    assert planned == plan(scenario, seed, seconds)
    assert [one.at_s for one in planned] == sorted(one.at_s for one in planned)
    assert all(0 <= one.at_s <= seconds for one in planned)


def alert_places(found: Found) -> list[int]:
    return [place for place, (message, _) in enumerate(found.clean) if message.topic() == f"{PREFIX}.{topics.ALERTS}"]


def without_a_step(found: Found) -> None:
    found.clean.pop(alert_places(found)[3])


def with_a_step_twice(found: Found) -> None:
    place = alert_places(found)[3]
    found.clean.insert(place, found.clean[place])


def with_a_wrong_time(found: Found) -> None:
    message, record = found.clean[alert_places(found)[-1]]
    found.clean[alert_places(found)[-1]] = (message, {**(record or {}), "opened_at": None})


@pytest.mark.parametrize("damage", [without_a_step, with_a_step_twice, with_a_wrong_time])
def test_damage_to_alerts_is_found(damage: Callable[[Found], None], tmp_path: Path) -> None:
    """A step that is missing, doubled or wrong; and what is right is right."""
    found = perfect(alarms.RULES)
    assert findings(found, tmp_path, alarms.RULES).is_right
    assert len(alert_places(found)) > 20
    damage(found)
    assert not findings(found, tmp_path, alarms.RULES).is_right


@pytest.mark.parametrize(
    ("reason", "value", "wrong"), [(b"too_large", b"body", 0), (b"bad_shape", b"body", 1), (b"too_large", None, 1)]
)
def test_a_letter_is_whole_and_has_the_reason(reason: bytes, value: bytes | None, wrong: int) -> None:
    """A dead letter of the right record with another reason, or without its body, is wrong."""
    place = (f"{PREFIX}.raw.summaries", 3, 0)
    names = (H_FROM_TOPIC, H_FROM_PARTITION, H_FROM_OFFSET)
    said = tuple((name, str(part).encode()) for name, part in zip(names, place, strict=True))
    letter = Stored("dead", (3, 0), (b"key", value), (*said, (H_REASON, reason)))
    found = Found(raw=[raw(b"body", topic=place[0])], dead=[letter])  # type: ignore[list-item]  # because it answers what is asked
    result = Findings()
    check_dead(result, found, Model(PREFIX, dead={place: "too_large"}))
    assert (result.wrong, result.lost, result.repeated) == (wrong, 0, 0)
