"""`--door`: which way the fake Junction's events take, by the names of `source`."""

from enum import StrEnum
from typing import Annotated

import typer

from streams.events.doors import DoorName


class Through(StrEnum):
    """The names of the commands."""

    WEBHOOK = "webhook"
    RABBITMQ = "rabbitmq"
    PUBSUB = "pubsub"
    EVENT_HUBS = "eventhubs"

    @property
    def door(self) -> DoorName:
        """As records name it."""
        return DoorName.AZURE if self is Through.EVENT_HUBS else DoorName(self)


Door = Annotated[Through, typer.Option(help="Which way the events take: by webhook, or through a pipeline.")]
PushHistory = Annotated[
    bool,
    typer.Option("--push-history", help="History comes as events, then its notices; with a pipeline's --door."),
]
