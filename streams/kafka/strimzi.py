"""Topics and rights as resources of Strimzi, which runs Kafka on Kubernetes: KafkaTopic and KafkaUser.

Each document is JSON, which is YAML, too: `kubectl apply -f` takes them as they are.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from streams.events import Topic
from streams.events.rights import On, Right, by_name
from streams.kafka.logins import Logins, short
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

# Since Strimzi 0.49. What is written here has the same form in v1beta2, which older ones want.
API = "kafka.strimzi.io/v1"
CLUSTER_LABEL = "strimzi.io/cluster"
_KINDS = {On.TOPIC: "topic", On.GROUP: "group", On.TRANSACTIONAL_ID: "transactionalId", On.CLUSTER: "cluster"}


def lines(documents: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One file with all of them."""
    for one in documents:
        yield "---"
        yield from json.dumps(one, indent=2).splitlines()


def topics(layout: Iterable[Topic], cluster: str) -> Iterator[dict[str, Any]]:
    """A KafkaTopic each. `cluster`: name of the Kafka resource."""
    for topic in layout:
        spec = {"topicName": topic.name, "partitions": topic.partitions, "replicas": topic.replication}
        yield _resource("KafkaTopic", topic.name, cluster, {**spec, "config": topic.config})


def users(settings: Settings, logins: Logins, cluster: str) -> Iterator[dict[str, Any]]:
    """A KafkaUser each: with a certificate where the login is one, else with a password that Strimzi makes.

    Raises Misconfigured for a login that no KafkaUser can have.
    """
    for principal, rights in logins.rights(settings).items():
        if short(principal) != _kubernetes_name(short(principal)):
            raise Misconfigured(
                f"Strimzi names a login after its KafkaUser, and Kubernetes takes no name {short(principal)}: small "
                "letters, digits, `-` and `.`"
            )
        authentication = "tls" if "CN=" in principal.upper() else "scram-sha-512"
        yield _resource(
            "KafkaUser",
            short(principal),
            cluster,
            {
                "authentication": {"type": authentication},
                "authorization": {"type": "simple", "acls": [*_acls(rights)]},
            },
        )


def _acls(rights: Iterable[Right]) -> Iterator[dict[str, Any]]:
    """One rule for all operations of a name."""
    for of, operations in by_name(rights).items():
        resource: dict[str, Any] = {"type": _KINDS[of.on]}
        if of.on is not On.CLUSTER:
            resource |= {"name": of.name, "patternType": "prefix" if of.is_prefix else "literal"}
        yield {
            "type": "deny" if of.is_denied else "allow",
            "resource": resource,
            "operations": [*map(_camel, operations)],
        }


def _camel(operation: str) -> str:
    """`DESCRIBE_CONFIGS` → `DescribeConfigs`."""
    return "".join(word.capitalize() for word in operation.split("_"))


def _resource(kind: str, name: str, cluster: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": API,
        "kind": kind,
        "metadata": {"name": _kubernetes_name(name), "labels": {CLUSTER_LABEL: cluster}},
        "spec": spec,
    }


def _kubernetes_name(name: str) -> str:
    """Lower case, `-` for what Kubernetes does not allow."""
    return re.sub(r"[^a-z0-9.-]", "-", name.lower()).strip("-.")
