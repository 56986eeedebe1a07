"""Bodies for Junction's Org Management API."""

from itertools import product
from typing import Any

import pytest

from connectors.junction.etl_pipelines import HubTarget, Preferred, preferences
from connectors.junction.pipeline_secrets import revealed
from tests.connectors.junction.pipelines import (
    AZURE,
    BLOBS,
    HUBS,
    OTHER_TEAM,
    PUBSUB,
    RABBIT,
    TARGETS,
    TEAM,
    URI,
    pipeline,
    published,
)

STEPS = list(Preferred)


def test_a_body_says_everything() -> None:
    """Every field of a team's pipeline is in it, so that nothing depends on what Junction keeps of an absent one."""
    body = pipeline(RABBIT, TEAM, OTHER_TEAM, has_history=True, prefixes=("daily.",)).body()
    assert body == {
        "team_ids": [TEAM, OTHER_TEAM],
        "preferences": {"preferred": "svix", "enabled": ["svix", "rabbitmq"]},
        "rabbitmq": {"uri": URI, "exchange": "junction"},
        "push_historical_data": True,
        "provider_raw_data": False,
        "event_type_prefixes": ["daily."],
    }


def test_each_target_has_its_own_fields() -> None:
    """Pub/Sub with ordering unless told otherwise; Event Hubs compressed from 1 KiB on, and without matchers."""
    attributes = {"project": "my-project", "topic": "junction-events", "message_ordering": True}
    assert pipeline(PUBSUB).body()["cloud_pubsub"] == attributes
    azure = {"default_event_hub": "junction", "event_hub_matchers": [], "compression": "auto"}
    assert pipeline(HubTarget(AZURE, "junction")).body()["azure_amqp"] == {"connection_string": AZURE, **azure}


def test_matchers_are_in_their_order() -> None:
    """Each with its prefix or expression, and its hub or container; those of the schema, where the guide differs."""
    raw = {"connection_string": BLOBS, "container_name": "raw"}
    assert pipeline(HUBS).body()["azure_amqp"]["event_hub_matchers"] == [
        {"event_type_prefix": "raw.", "blob_storage": raw},
        {"event_type_regex": "^labtest", "event_hub": "labs"},
    ]


def test_the_steps_of_a_move() -> None:
    """Webhooks are enabled until the last step; the preferred way is always an enabled one."""
    found = [preferences("rabbitmq", step) for step in STEPS]
    assert found == [
        {"preferred": "svix", "enabled": ["svix", "rabbitmq"]},
        {"preferred": "rabbitmq", "enabled": ["svix", "rabbitmq"]},
        {"preferred": "rabbitmq", "enabled": ["rabbitmq"]},
    ]


@pytest.mark.parametrize(("target", "step"), [*product(TARGETS, STEPS)], ids=str)
def test_a_body_is_what_junction_publishes(target: Any, step: Preferred) -> None:
    """Each body fits the published schema, closed: no field that it does not name, no secret in another place."""
    body = revealed(pipeline(target, preferred=step, has_raw_data=True, prefixes=("daily.",)).body())
    assert list(published("UpsertTeamETLPipelinesBody").iter_errors(body)) == []
