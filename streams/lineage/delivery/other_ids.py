"""An id of no form that we know, of which nothing is found: the person is told which forms there are. Pure."""

from dataclasses import replace

from streams.lineage.delivery.absence import attempts_of
from streams.lineage.delivery.delivery_ids import FORMS, IdForm, no_id
from streams.lineage.delivery.door_steps import arrivals_of
from streams.lineage.delivery.doubts import doubt_since, known_since_ms
from streams.lineage.delivery.facts import DeliveryFacts, known
from streams.lineage.telling import Story
from streams.lineage.words import moment


def with_forms(facts: DeliveryFacts, story: Story) -> Story:
    """The story as it is of all that is a delivery or may be one by its looks; else with the forms in its sentence.

    Raises Misconfigured with the forms where all was asked. That such an id says no time is no doubt: most likely it is
    a word that was taken for an id.
    """
    if facts.id.form is not IdForm.OTHER or _is_anything(facts):
        return story
    if doubt_since(facts, 0):
        return replace(story, sentence=f"{story.sentence}; {FORMS}")
    since_ms = known_since_ms(facts)
    since = f" since {moment(since_ms)}" if since_ms else ""
    raise no_id(f"nothing of that name has come{since}, and it looks like none")


def _is_anything(facts: DeliveryFacts) -> bool:
    parts = (known(facts.letters), known(facts.alerts), arrivals_of(facts), attempts_of(facts))
    return any(parts)
