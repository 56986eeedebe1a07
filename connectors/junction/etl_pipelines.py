"""What tells Junction where to push a team's events: bodies of its Org Management API (domain file, 8). Pure.

Shapes are those of the published schema `UpsertTeamETLPipelinesBody`. Examples in Junction's guides write `team_id`;
the schema, and we, `team_ids`. A body holds its secrets as SecretStr; `pipeline_secrets` masks them for people, and
reveals them for the wire.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import SecretStr

Json = dict[str, Any]
WEBHOOKS = "svix"  # Junction's word


class Preferred(StrEnum):
    """The steps of a move. Junction has one preferred way; what is enabled beside it is pushed with less care."""

    WEBHOOK = "webhook"  # both are written; webhooks are preferred
    BOTH = "both"  # both are written; the pipeline is preferred
    PIPELINE = "pipeline"  # the pipeline alone


@dataclass(frozen=True, slots=True)
class ExchangeTarget:
    """RabbitMQ: `uri` (amqps://user:password@host/vhost) is how Junction reaches the broker, from outside."""

    key: ClassVar = "rabbitmq"
    uri: SecretStr
    exchange: str

    def attributes(self) -> Json:
        return {"uri": self.uri, "exchange": self.exchange}


@dataclass(frozen=True, slots=True)
class TopicTarget:
    """Google Pub/Sub. `is_ordered`: the user id is the ordering key."""

    key: ClassVar = "cloud_pubsub"
    project: str
    topic: str
    is_ordered: bool = True

    def attributes(self) -> Json:
        return {"project": self.project, "topic": self.topic, "message_ordering": self.is_ordered}


@dataclass(frozen=True, slots=True)
class BlobContainer:
    """Azure Blob Storage. Its field is `container_name` in the schema, and `container` in the guide's example."""

    connection_string: SecretStr
    name: str


@dataclass(frozen=True, slots=True)
class HubMatcher:
    """Events whose type begins with `prefix`, or fits `regex` (RE2), go to `hub`, or as blobs to `blobs`."""

    prefix: str = ""
    regex: str = ""
    hub: str = ""
    blobs: BlobContainer | None = None

    def attributes(self) -> Json:
        kind, words = ("event_type_prefix", self.prefix) if self.prefix else ("event_type_regex", self.regex)
        if self.blobs is None:
            return {kind: words, "event_hub": self.hub}
        blobs = {"connection_string": self.blobs.connection_string, "container_name": self.blobs.name}
        return {kind: words, "blob_storage": blobs}


@dataclass(frozen=True, slots=True)
class HubTarget:
    """Azure Event Hubs. `connection_string`: of the namespace, with the right to send and no more.

    The first matcher that fits decides; `hub` is for the rest.
    """

    key: ClassVar = "azure_amqp"
    connection_string: SecretStr
    hub: str
    matchers: tuple[HubMatcher, ...] = ()
    compression: Literal["auto", "always"] = "auto"

    def attributes(self) -> Json:
        return {
            "connection_string": self.connection_string,
            "default_event_hub": self.hub,
            "event_hub_matchers": [one.attributes() for one in self.matchers],
            "compression": self.compression,
        }


@dataclass(frozen=True, slots=True)
class EtlPipeline:
    """What Junction is to push for these teams. `prefixes`: of event types; none means all of them."""

    team_ids: tuple[str, ...]
    target: ExchangeTarget | TopicTarget | HubTarget
    preferred: Preferred = Preferred.WEBHOOK
    has_history: bool = False
    has_raw_data: bool = False
    prefixes: tuple[str, ...] = ()

    def body(self) -> Json:
        """Every field is there: what Junction keeps of one that is absent is not documented."""
        return {
            "team_ids": list(self.team_ids),
            "preferences": preferences(self.target.key, self.preferred),
            self.target.key: self.target.attributes(),
            "push_historical_data": self.has_history,
            "provider_raw_data": self.has_raw_data,
            "event_type_prefixes": list(self.prefixes),
        }


def preferences(key: str, preferred: Preferred) -> Json:
    """Junction's words for a step of the move. `key`: of the target."""
    return {
        "preferred": WEBHOOKS if preferred is Preferred.WEBHOOK else key,
        "enabled": [key] if preferred is Preferred.PIPELINE else [WEBHOOKS, key],
    }
