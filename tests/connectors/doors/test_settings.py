"""Whoever starts a door without its settings is told at once, and not when Kafka is there."""

from collections.abc import Callable

import pytest

from connectors.event_hubs.source import HubSource
from connectors.pubsub.source import PubSubSource
from connectors.rabbitmq.source import RabbitSource
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings


@pytest.mark.parametrize(
    ("door", "setting"),
    [
        (RabbitSource, "STREAMS_RABBITMQ_URL"),
        (PubSubSource, "STREAMS_PUBSUB_SUBSCRIPTION"),
        (HubSource, "STREAMS_EVENT_HUBS_CONNECTION"),
    ],
)
def test_a_door_without_its_setting(door: Callable[[Settings], object], setting: str) -> None:
    """The sentence names it."""
    with pytest.raises(Misconfigured, match=setting):
        door(Settings(_env_file=None))
