"""What is tried as each role. At a real Kafka: tests/integration/test_rights.py."""

from streams.demo.rights.attempts import SHORTS, What, attempts
from streams.demo.rights.matrix import Trial, counts
from streams.demo.rights.show import lines
from streams.events.parts import Part
from streams.events.rights import On, Operation, Right
from streams.kafka import admin
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None, topic_prefix="t", group_id="g")


def test_topics_of_every_kind_are_tried() -> None:
    """A kind that is left out could be open to everybody."""
    names = {one.name for one in attempts("t", "g", [], ["me"])}
    layout = admin.layout_of(SETTINGS)
    assert {topic.role for topic in layout if topic.name in names} == {topic.role for topic in layout}
    assert {f"t.{short}" for short in SHORTS} <= {topic.name for topic in layout}


def test_each_operation_is_tried_and_nothing_is_allowed_by_itself() -> None:
    """Who has no right may do nothing."""
    found = attempts("t", "g", [], ["me"])
    assert {one.what for one in found} == set(What)
    assert not any(one.is_allowed for one in found)
    assert len(set(found)) == len(found)


def test_what_is_allowed_follows_from_the_rights() -> None:
    """Writing is no reading."""
    found = attempts("t", "g", [Right(On.TOPIC, "t.sleep", Operation.WRITE)], [])
    assert [(one.what, one.name) for one in found if one.is_allowed] == [(What.WRITE, "t.sleep")]


def test_what_is_wrong_is_told() -> None:
    """Let through or refused against the rights, and no answer at all."""
    allowed, refused = (
        attempts("t", "g", rights, [])[0] for rights in ([Right(On.TOPIC, "t.raw.summaries", Operation.WRITE)], [])
    )
    trials = [Trial(Part.SINK, one, is_let) for one in (allowed, refused) for is_let in (True, False, None)]
    assert counts(trials) == {"tried": 6, "refused": 2, "wrong": 4}
    assert lines(one for one in trials if not one.is_right) == [
        "sink was refused: write records t.raw.summaries",
        "sink got no answer: write records t.raw.summaries",
        "sink was let: write records t.raw.summaries",
        "sink got no answer: write records t.raw.summaries",
    ]
