"""Resources of Strimzi: what Kubernetes takes, and the same topics and rights as everywhere."""

import re
from typing import Any

import pytest
import yaml

from streams.events.rights import On, Right
from streams.kafka import admin, strimzi
from streams.kafka.acls import Rule
from streams.kafka.logins import logins
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None, topic_prefix="Clinic_1", replication=3)
LOGINS = logins(["worker=User:CN=worker,O=Clinic"])
LAYOUT = admin.layout_of(SETTINGS)
ON = {"topic": On.TOPIC, "group": On.GROUP, "transactionalId": On.TRANSACTIONAL_ID, "cluster": On.CLUSTER}


def documents(kind: str) -> list[dict[str, Any]]:
    """As `kubectl` reads them."""
    made = strimzi.topics(LAYOUT, "c") if kind == "KafkaTopic" else strimzi.users(SETTINGS, LOGINS, "c")
    return list(yaml.safe_load_all("\n".join(strimzi.lines(made))))


@pytest.mark.parametrize("kind", ["KafkaTopic", "KafkaUser"])
def test_resources_are_named_as_kubernetes_wants(kind: str) -> None:
    """RFC 1123, each another name, and the label by which Strimzi finds its cluster."""
    found = documents(kind)
    names = [one["metadata"]["name"] for one in found]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", one) for one in names)
    assert all(one["metadata"]["labels"] == {"strimzi.io/cluster": "c"} and one["kind"] == kind for one in found)
    assert {one["apiVersion"] for one in found} == {"kafka.strimzi.io/v1"}


def test_topics_are_those_of_the_layout() -> None:
    """Names with capitals and underscores, too."""
    specs = [one["spec"] for one in documents("KafkaTopic")]
    assert specs == [
        {"topicName": one.name, "partitions": one.partitions, "replicas": one.replication, "config": one.config}
        for one in LAYOUT
    ]


def test_rules_say_what_the_rights_are() -> None:
    """Each right once."""
    found = [
        Rule(principal(user), right)
        for user in documents("KafkaUser")
        for acl in user["spec"]["authorization"]["acls"]
        for right in meant(acl)
    ]
    assert sorted(found) == sorted(
        Rule(who, right) for who, rights in LOGINS.rights(SETTINGS).items() for right in rights
    )


def principal(user: dict[str, Any]) -> str:
    """The login that Strimzi makes of a KafkaUser, but for the certificate's organisation."""
    name = user["metadata"]["name"]
    is_certificate = user["spec"]["authentication"]["type"] == "tls"
    return f"User:CN={name},O=Clinic" if is_certificate else f"User:{name}"


def meant(acl: dict[str, Any]) -> list[Right]:
    of = acl["resource"]
    pattern = {"is_prefix": of.get("patternType") == "prefix", "is_denied": acl["type"] == "deny"}
    name = of.get("name", "kafka-cluster")
    operations = [re.sub(r"(?<!^)(?=[A-Z])", "_", one).upper() for one in acl["operations"]]
    return [Right(ON[of["type"]], name, one, **pattern) for one in operations]


@pytest.mark.parametrize("name", ["team_a", "Worker", "CN=Ä,O=Clinic", "a b"])
def test_a_login_that_no_kafka_user_can_have(name: str) -> None:
    """Another name would give the rights to another login, and two logins might become one."""
    with pytest.raises(Misconfigured, match="Kubernetes takes no name"):
        list(strimzi.users(SETTINGS, logins([f"worker=User:{name}"]), "c"))
