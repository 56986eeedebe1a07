"""What is tried as each role: everything with topics of every kind, groups, transactional ids and the cluster. Pure."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from streams.events import topics
from streams.events.rights import CLUSTER, On, Right, allows

# One of each kind at least: events as they came, what is between our processes, clean records, states, letters.
SHORTS = (
    "raw.summaries", "raw.labs", topics.FETCH_JOBS, topics.FETCH_PROGRESS, topics.HEARTBEATS, topics.ALERT_THRESHOLDS,
    topics.DEAD_LETTERS, topics.REDRIVEN, "sleep", "heartrate", topics.LABS, "note", topics.QUERY_RESULTS, topics.OTHER,
    topics.CONNECTIONS, topics.PREFERENCES, topics.DRIFT, topics.RECONCILIATIONS, topics.ALERTS,
    topics.ALERT_DELIVERIES, topics.LINEAGE,
)  # fmt: skip


class What(StrEnum):
    """Operations, as people call them."""

    WRITE = "write records"
    READ = "read records"
    SEE_CONFIGS = "see a topic's settings"
    ALTER_CONFIGS = "change a topic's settings"
    ALTER = "add partitions"
    DELETE_RECORDS = "delete records"
    DELETE = "delete a topic"
    CREATE = "create a topic"
    GROUP = "use a group"
    TRANSACTION = "use a transactional id"
    CLUSTER_CONFIGS = "change a broker's settings"
    SEE_RIGHTS = "see rights"
    ALTER_RIGHTS = "change rights"
    PASSWORDS = "change passwords"


# What Kafka asks for.
_NEEDS: dict[What, tuple[On, str]] = {
    What.WRITE: (On.TOPIC, "WRITE"),
    What.READ: (On.TOPIC, "READ"),
    What.SEE_CONFIGS: (On.TOPIC, "DESCRIBE_CONFIGS"),
    What.ALTER_CONFIGS: (On.TOPIC, "ALTER_CONFIGS"),
    What.ALTER: (On.TOPIC, "ALTER"),
    What.DELETE_RECORDS: (On.TOPIC, "DELETE"),
    What.DELETE: (On.TOPIC, "DELETE"),
    What.CREATE: (On.TOPIC, "CREATE"),
    What.GROUP: (On.GROUP, "READ"),
    What.TRANSACTION: (On.TRANSACTIONAL_ID, "WRITE"),
    What.CLUSTER_CONFIGS: (On.CLUSTER, "ALTER_CONFIGS"),
    What.SEE_RIGHTS: (On.CLUSTER, "DESCRIBE"),
    What.ALTER_RIGHTS: (On.CLUSTER, "ALTER"),
    What.PASSWORDS: (On.CLUSTER, "ALTER"),
}
_OF_TOPICS = (
    What.WRITE, What.READ, What.SEE_CONFIGS, What.ALTER_CONFIGS, What.ALTER, What.DELETE_RECORDS, What.DELETE
)  # fmt: skip
# Where it is allowed, it would change what runs: a new record, a generation of a group, an epoch.
HARMFUL = (What.WRITE, What.GROUP, What.TRANSACTION)


class Attempt(NamedTuple):
    """One thing to try. `is_allowed`: what has to come of it."""

    what: What
    name: str
    is_allowed: bool


def attempts(prefix: str, group_id: str, rights: Iterable[Right], logins: Iterable[str]) -> list[Attempt]:
    """All of a role. `rights`: its own; `logins`: whose names the groups of consumers begin with."""
    rights = list(rights)
    return [Attempt(what, name, allows(rights, *_need(what, name))) for what, name in _names(prefix, group_id, logins)]


def _need(what: What, name: str) -> tuple[On, str, str]:
    on, operation = _NEEDS[what]
    return on, name, operation


def _names(prefix: str, group_id: str, logins: Iterable[str]) -> Iterator[tuple[What, str]]:
    logs = (topics.changelog(group_id, "summaries"), topics.changelog(topics.fetch_group(group_id), "fetches"))
    for name in (*(f"{prefix}.{short}" for short in SHORTS), *logs):
        yield from ((what, name) for what in _OF_TOPICS)
    yield from ((What.CREATE, name) for name in (f"{prefix}.new", f"{group_id}-new-changelog", "another"))
    groups = ("", "-fetcher", "-notify-log", "-sink-postgres")
    yield from ((What.GROUP, name) for name in (*(f"{group_id}{one}" for one in groups), *logins, "another"))
    ids = ("-w9", "-fetcher-w9", "-redrive")
    yield from ((What.TRANSACTION, name) for name in (*(f"{group_id}{one}" for one in ids), "another"))
    yield from ((what, CLUSTER) for what, (on, _) in _NEEDS.items() if on is On.CLUSTER)
