"""One channel for each topic of the layout, with Kafka's settings of it."""

from typing import Any

from docs.make.asyncapi.messages import BINDING_VERSION, names_of
from docs.make.catalogue import ABOUT
from streams.events import kept, topics
from streams.events.topics import Role, Topic

_BETWEEN_PROCESSES = (Role.QUEUE, Role.CHANGELOG, Role.MARK)
_LISTS, _TEXTS = ("cleanup.policy",), ("compression.type",)


def is_internal(topic: Topic, short: str) -> bool:
    """Nobody but our own processes reads or writes it, and its form may change."""
    return topic.role in _BETWEEN_PROCESSES or short == topics.HEARTBEATS


def channel(topic: Topic, short: str) -> dict[str, Any]:
    """`short`: its name without the prefix."""
    made: dict[str, Any] = {
        "address": topic.name,
        "title": short,
        "summary": ABOUT.get(short) or _sentence(kept.HOLDS[topic.role]),
        "description": f"Kafka keeps: {kept.until(topic.config)}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names_of(topic, short)},
        "tags": [{"name": str(topic.role)}],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "replicas": topic.replication,
                "topicConfiguration": {name: _typed(name, value) for name, value in topic.config.items()},
                "bindingVersion": BINDING_VERSION,
            }
        },
    }
    return made | {"x-internal": True} if is_internal(topic, short) else made


def _sentence(phrase: str) -> str:
    return f"{phrase[0].upper()}{phrase[1:]}."


def _typed(name: str, value: str) -> str | int | list[str]:
    """A setting as AsyncAPI writes it: a list of policies, numbers as numbers."""
    if name in _LISTS:
        return value.split(",")
    return value if name in _TEXTS else int(value)
