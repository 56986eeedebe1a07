"""Finds the Kafka of a running `up` or `demo`, and fills in the settings that nobody gave."""

import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from streams.demo.running import notice
from streams.demo.running.notice import Kind, Notice
from streams.ops.env_file import GOES_TO
from streams.ops.settings import Settings
from streams.simulator.api.keys import KEY

ANSWER_S = 2.0
_FILES_MAX = 16  # whoever left more did not run that many clusters

# How to reach Kafka and its registry: who gives one of these means another cluster. Half of one and half of the other
# would decode records with the schemas of strangers.
PLACE = (
    *("bootstrap_servers", "registry_url", "registry_user", "registry_password", "security_protocol"),
    *("sasl_mechanism", "sasl_username", "sasl_password", "ssl_ca_file", "ssl_cert_file", "ssl_key_file"),
)
_NAMES: Mapping[Kind, str] = {"up": "Kafka", "demo": "demo"}
# Settings that are given together or not at all.
_TOGETHER = (
    ("query_port", "query_url", "query_host"),
    ("console_port", "console_url", "console_host"),
    ("junction_url", "junction_api_key"),
)


class Discovered(NamedTuple):
    """Settings to go on with, and a sentence for a person, "" for none."""

    settings: Settings
    words: str


def discover(settings: Settings, kinds: Collection[Kind]) -> Discovered:
    """The settings with what runs here filled in where a person gave nothing. Without a cluster they are unchanged."""
    running = newest() if kinds and not settings.bootstrap_servers else None
    if running is None:
        return Discovered(settings, "")
    where = f"the {_NAMES[running.kind]} that runs on {running.bootstrap_servers}"
    if why := _unusable(settings, running, kinds):
        return Discovered(settings, f"not using {where}: {why}")
    return Discovered(settings.model_copy(update=missing(settings, running)), f"using {where}")


def _unusable(settings: Settings, running: Notice, kinds: Collection[Kind]) -> str:
    """Why a cluster is left alone; "" when it is not."""
    fields = type(settings).model_fields
    other = next((name for name in PLACE if getattr(settings, name) != fields[name].default), "")
    if other:
        return f"STREAMS_{other.upper()} is set, which belongs to another Kafka"
    return "" if running.kind in kinds else "it has such a process already"


def missing(settings: Settings, running: Notice) -> dict[str, Any]:
    """What the notice says of settings that nobody gave."""
    given = settings.model_fields_set
    known: dict[str, Any] = {
        name: getattr(running, name)
        for name in ("bootstrap_servers", "registry_url", "topic_prefix", "group_id", "partitions")
    }
    known |= {name: port for name in ("query_port", "console_port") if (port := getattr(running, name))}
    if running.junction_url:
        known |= {"junction_url": running.junction_url, "junction_api_key": SecretStr(KEY)}
    kept = {name for group in _TOGETHER if given & set(group) for name in group}
    # A secret of a person's own is not sent to an address that she did not give.
    kept |= {name for secret in given & GOES_TO.keys() for name in GOES_TO[secret]}
    return {name: value for name, value in known.items() if name not in given | kept}


def newest() -> Notice | None:
    """That of the cluster announced last, of those that answer; None without one."""
    return next((found for found in _announced(notice.folder()) if is_up(found)), None)


def is_up(running: Notice) -> bool:
    """Whether the Kafka that was announced is the one that answers there."""
    return cluster_id(running.bootstrap_servers) == running.cluster_id


def remove_stale(folder: Path) -> None:
    """Files whose writers are gone."""
    for _ in _announced(folder):
        pass


def cluster_id(bootstrap_servers: str) -> str:
    """Which cluster answers at an address; "" when none does within ANSWER_S."""
    parts = urlsplit(f"//{bootstrap_servers.partition(',')[0]}")
    try:  # a closed port says so at once; librdkafka would go on trying
        socket.create_connection((parts.hostname or "", parts.port or 0), ANSWER_S).close()
    except OSError:
        return ""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    with suppress(KafkaException):
        return str(client.list_topics(timeout=ANSWER_S).cluster_id or "")
    return ""


def _announced(folder: Path) -> Iterator[Notice]:
    """The last one first."""
    try:
        files = sorted(folder.glob("*.json"), key=lambda path: path.lstat().st_mtime_ns, reverse=True)[:_FILES_MAX]
    except OSError:
        return
    for path in files:
        if found := notice.read(path):
            yield found
