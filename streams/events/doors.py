"""The doors: by which way an event came in (header `ce_door`). Pure."""

from enum import StrEnum


class DoorName(StrEnum):
    """`API`: fetched by us. The last three are Junction's pipelines (domain file, section 8)."""

    WEBHOOK = "webhook"
    API = "api"
    RABBITMQ = "rabbitmq"
    PUBSUB = "pubsub"
    AZURE = "azure"


PIPELINES = frozenset((DoorName.RABBITMQ, DoorName.PUBSUB, DoorName.AZURE))
CONTENT_ID = "sha256:"  # with what the id of a delivery begins that its sender did not name: it is made of the content
