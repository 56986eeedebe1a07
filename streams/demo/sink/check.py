"""The tables of a run: waited for, compared, and asked."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import psycopg

from connectors.postgres.tables.layout import PLANS
from streams.demo.sink import answers, tables
from streams.demo.sink.answers import Answer, Steps
from streams.demo.sink.compare import Comparison
from streams.demo.sink.fold import Fold
from streams.demo.sink.follow import Ends, wait_for
from streams.kafka.reader import Decoded
from streams.ops.settings import Settings
from streams.simulator.truth.truth import Truth

DRAIN_S = 120.0
TRIES = 3  # what workers emit on their own (alerts, drift) may come while we look


class TableFindings(NamedTuple):
    """`behind`: partitions that were not written to their end in time. `rejects`: records that are in no table."""

    rows: Comparison
    steps: Steps
    behind: int
    rejects: int
    answers: list[Answer]

    @property
    def is_right(self) -> bool:
        return self.rows.is_right and self.steps.is_right and not (self.behind or self.rejects)

    def as_json(self) -> dict[str, Any]:
        rows, steps = self.rows, self.steps
        return {
            "checked": rows.checked, "lost": rows.lost, "repeated": rows.repeated, "wrong": rows.wrong,
            "unexpected": rows.unexpected, "rejects": self.rejects, "partitions_behind": self.behind,
            "days_of_steps": {"checked": steps.days, "two_devices": len(steps.doubled), "wrong": len(steps.wrong)},
        }  # fmt: skip


def check(
    settings: Settings, records: Callable[[], Sequence[Decoded]], truth: Truth, is_alive: Callable[[], None]
) -> TableFindings:
    """Every row and cell against the clean records, steps of each day against the truth. `is_alive`: raises when the
    sink has ended."""
    with psycopg.connect(settings.postgres_url.get_secret_value(), autocommit=True) as connection:
        for _ in range(TRIES):
            seen = records()
            behind = wait_for(connection, settings, ends(seen), DRAIN_S, is_alive)
            rows = compare(connection, settings, seen)
            if rows.is_right or len(records()) == len(seen):
                break
        steps = answers.steps(connection, truth)
        user = max(steps.doubled, default=("", ""), key=lambda day: day[1])[0]
        asked = [answers.ask(connection, one) for one in answers.questions(user)]
        return TableFindings(rows, steps, behind, tables.rejects(connection, settings.postgres_schema), asked)


def ends(records: Iterable[Decoded]) -> Ends:
    """Behind the last record of each partition."""
    found: dict[tuple[str, int], int] = {}
    for one in records:
        place = one.topic, one.partition
        found[place] = max(found.get(place, 0), one.offset + 1)
    return found


def compare(connection: tables.Connection, settings: Settings, records: Iterable[Decoded]) -> Comparison:
    """All tables against the records, which come in the order of each partition."""
    fold, prefix = Fold(), f"{settings.topic_prefix}."
    for one in records:
        fold.add(one.topic.removeprefix(prefix), one.key, one.record, one.offset)
    found = Comparison()
    for topic in settings.postgres_topics or PLANS:
        found.of_topic(topic, fold.rows.get(topic, {}), tables.rows(connection, settings.postgres_schema, topic))
    return found
