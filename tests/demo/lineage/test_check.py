"""What the demo says of traces: right ones are right, and each difference is found."""

from collections.abc import Mapping
from typing import Any

import pytest

from streams.demo.lineage.check import NEVER_SENT, Expected, differences, never_sent
from streams.events import ksuid_time_ms
from streams.lineage.telling import Story, StoryStep

RIGHT = Expected("msg_1", "processed", {"sleep": 1})


def story(ending: str, *clean: tuple[str, int], missing: tuple[str, ...] = ()) -> Story:
    """An answer that found so many records in each topic."""
    facts: list[Mapping[str, Any]] = [{"topic": name, "records": n, "found": [{}] * n} for name, n in clean]
    steps = tuple(StoryStep(kind="clean", sentence="", facts=one) for one in facts)
    return Story(ending=ending, sentence="", steps=steps, missing=missing)


def test_a_right_answer_differs_in_nothing() -> None:
    """Records of topics that others write to as well do not count, nor does what could not be found out."""
    assert differences(RIGHT, story("processed", ("sleep", 1), ("connections", 1))) == []
    assert differences(RIGHT, story("processed", ("sleep", 1), missing=("Kafka does not answer",))) == []


@pytest.mark.parametrize(
    "answer",
    [
        story("dead"),
        story("processed"),
        story("processed", ("sleep", 2)),
        story("processed", ("sleep", 1), ("body", 1)),
    ],
)
def test_each_difference_is_found(answer: Story) -> None:
    """Another ending, records that are missing or too many."""
    assert differences(RIGHT, answer)


def test_ids_that_were_never_sent_are_of_the_time_of_the_demo() -> None:
    """Such an id is one of Junction's form, made while the gateway was here."""
    made = [ksuid_time_ms(one.delivery_id) or 0 for one in never_sent(1_780_500_000_000, 1_780_500_060_000, seed=1)]
    assert len(set(made)) > NEVER_SENT // 2
    assert all(1_780_500_000_000 <= at_ms <= 1_780_500_060_004 for at_ms in made)
