"""Words that look like no id, of which nothing was found."""

from dataclasses import replace

import pytest

from streams.lineage.delivery.delivery_ids import FORMS, delivery_id
from streams.lineage.delivery.facts import DeliveryFacts, NotKnown, TailLook
from streams.lineage.delivery.other_ids import with_forms
from streams.lineage.known import Reach
from streams.ops.errors import Misconfigured
from tests.lineage.delivery.values import ALERT, ARRIVAL, NOW_MS, REACH, absent, facts, letter, refused_at, told

WORD = delivery_id("daily.data.sleep.created")


@pytest.mark.parametrize(
    ("reach", "since"),
    [(REACH, " since 2026-06-02 15:20:00 UTC"), (Reach(first_ms=0, as_of_ms=NOW_MS, behind_s=0.0), "")],
)
@pytest.mark.parametrize("text", ["hello", "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77", WORD.text])
def test_a_word_that_was_taken_for_an_id_is_told_the_forms(text: str, reach: Reach, since: str) -> None:
    """A typo, a user, an event type: that it says no time, so that older rows may have gone, makes it no delivery."""
    known = absent(id=delivery_id(text), reach=reach, tail=TailLook(NOW_MS, partly="too much"))
    with pytest.raises(Misconfigured, match=f"^no id of a delivery: nothing of that name has come{since}, and"):
        with_forms(known, told(known))


@pytest.mark.parametrize(
    "known",
    [absent(id=WORD, tail=NotKnown("no Kafka")), absent(id=WORD, reach=replace(REACH, as_of_ms=NOW_MS - 9_000))],
)
def test_where_not_all_was_asked_the_forms_are_said_beside_it(known: DeliveryFacts) -> None:
    """It may be one all the same."""
    story = with_forms(known, told(known))
    assert story.ending == "cannot_tell"
    assert story.sentence == f"{told(known).sentence}; {FORMS}"


@pytest.mark.parametrize(
    "known",
    [
        facts(id=WORD, arrivals=(ARRIVAL,)),
        absent(id=WORD, letters=(letter(),)),
        absent(id=WORD, alerts=(ALERT,)),
        absent(id=WORD, door=refused_at(1)),
        absent(id=delivery_id("msg_short"), reach=replace(REACH, first_ms=0)),
    ],
)
def test_what_is_known_of_it_is_its_story(known: DeliveryFacts) -> None:
    """A door of ours keeps what its sender called a delivery. An id of a form that we know is no typo."""
    assert with_forms(known, told(known)) == told(known)
