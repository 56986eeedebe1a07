"""What each role may do on Kafka, and so nothing else: rights made of the table of roles (`parts`). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from streams.events.parts import USES, Part, Use, changelogs

CLUSTER = "kafka-cluster"  # the only name that Kafka has for itself


class On(StrEnum):
    """What a right is about."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional_id"
    CLUSTER = "cluster"


class Operation(StrEnum):
    """Kafka's names. READ, WRITE and ALTER include DESCRIBE; ALTER_CONFIGS includes DESCRIBE_CONFIGS."""

    READ = "READ"
    WRITE = "WRITE"
    CREATE = "CREATE"
    DESCRIBE = "DESCRIBE"
    DESCRIBE_CONFIGS = "DESCRIBE_CONFIGS"
    ALTER_CONFIGS = "ALTER_CONFIGS"


class Right(NamedTuple):
    """One thing that is allowed, or denied whatever else allows it. `is_prefix`: of all names that begin so."""

    on: On
    name: str
    operation: str
    is_prefix: bool = False
    is_denied: bool = False


def rights_of(
    part: Part, topic_prefix: str, group_id: str, own: str, postgres_topics: Sequence[str] = ()
) -> list[Right]:
    """The rights of a role. `own`: with what the groups of a consumer begin. `postgres_topics`: what sinks write, short
    names; empty for all.
    """
    use = USES[part]
    if part is Part.SINK and postgres_topics:
        use = use._replace(receives=tuple(postgres_topics))
    found = [*_described(use, topic_prefix, group_id), *_topics(part, use, topic_prefix, group_id)]
    found += [*_groups(use, group_id, own), *_transactions(use, group_id)]
    return found + (_operators(topic_prefix, group_id) if part is Part.OPERATOR else [])


# What Kafka's authorizer takes as included. A denial includes nothing but itself.
_INCLUDED = {
    "DESCRIBE": ("READ", "WRITE", "DELETE", "ALTER"),
    "DESCRIBE_CONFIGS": ("ALTER_CONFIGS",),
}


def allows(rights: Iterable[Right], on: On, name: str, operation: str) -> bool:
    """What Kafka's authorizer says to whoever has these rights: a denial wins, and nothing is allowed by itself."""
    covering = [one for one in rights if one.on is on and _covers(one, name)]
    enough = {operation, *_INCLUDED.get(operation, ())}
    is_denied = any(one.is_denied and one.operation == operation for one in covering)
    return not is_denied and any(not one.is_denied and one.operation in enough for one in covering)


def _covers(right: Right, name: str) -> bool:
    return name.startswith(right.name) if right.is_prefix else name == right.name


def by_name(rights: Iterable[Right]) -> dict[Right, list[str]]:
    """All operations on a name together; each key is a right without its operation."""
    found: dict[Right, list[str]] = {}
    for right in rights:
        found.setdefault(right._replace(operation=""), []).append(right.operation)
    return found


def _described(use: Use, topic_prefix: str, group_id: str) -> Iterator[Right]:
    """A service compares every topic with what it has to be."""
    for name in (f"{topic_prefix}.", f"{group_id}-") if use.is_service else ():
        yield Right(On.TOPIC, name, Operation.DESCRIBE, is_prefix=True)
        yield Right(On.TOPIC, name, Operation.DESCRIBE_CONFIGS, is_prefix=True)


def _topics(part: Part, use: Use, topic_prefix: str, group_id: str) -> Iterator[Right]:
    if use.looks:
        yield Right(On.TOPIC, f"{topic_prefix}.", Operation.READ, is_prefix=True)
    for short in () if use.looks else use.receives:
        yield Right(On.TOPIC, f"{topic_prefix}.{short}", Operation.READ)
    for short in use.sends:
        yield Right(On.TOPIC, f"{topic_prefix}.{short}", Operation.WRITE)
    for name in changelogs(part, group_id):
        yield Right(On.TOPIC, name, Operation.READ)
        yield Right(On.TOPIC, name, Operation.WRITE)


def _groups(use: Use, group_id: str, own: str) -> Iterator[Right]:
    if use.looks:
        yield Right(On.GROUP, group_id, Operation.DESCRIBE, is_prefix=True)
    elif use.group is not None:
        yield _named(On.GROUP, f"{group_id}{use.group}", Operation.READ)
    elif use.receives:
        yield Right(On.GROUP, own, Operation.READ, is_prefix=True)


def _transactions(use: Use, group_id: str) -> Iterator[Right]:
    """A worker's id may be any word, so its prefix includes ids of others: with one it would end their transactions."""
    if use.transactions is None:
        return
    mine = _named(On.TRANSACTIONAL_ID, f"{group_id}{use.transactions}", Operation.WRITE)
    yield mine
    for other in USES.values():
        if other.transactions is not None:
            theirs = _named(On.TRANSACTIONAL_ID, f"{group_id}{other.transactions}", Operation.WRITE)
            if mine.is_prefix and theirs.name != mine.name and theirs.name.startswith(mine.name):
                yield theirs._replace(is_denied=True)


def _operators(topic_prefix: str, group_id: str) -> list[Right]:
    """CREATE on our names, not on the cluster. DESCRIBE on the cluster shows who has which rights."""
    wanted = (Operation.CREATE, Operation.DESCRIBE, Operation.ALTER_CONFIGS)
    names = (f"{topic_prefix}.", f"{group_id}-")
    return [Right(On.TOPIC, name, one, is_prefix=True) for name in names for one in wanted] + [
        Right(On.CLUSTER, CLUSTER, Operation.DESCRIBE)
    ]


def _named(on: On, name: str, operation: Operation) -> Right:
    return Right(on, name.removesuffix("*"), operation, is_prefix=name.endswith("*"))
