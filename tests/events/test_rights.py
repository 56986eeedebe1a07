"""The rights of each role: what a process needs, and nothing of others."""

import pytest

from streams.events import topics
from streams.events.parts import USES, Part, changelogs
from streams.events.rights import CLUSTER, On, Operation, Right, allows, by_name, rights_of
from streams.kafka import admin
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None)
LAYOUT = [topic.name for topic in admin.layout_of(SETTINGS)]
GROUP = SETTINGS.group_id
SERVICES = [part for part, use in USES.items() if use.is_service]


def rights(part: Part) -> list[Right]:
    return rights_of(part, "junction", GROUP, f"streams-{part}")


def may(part: Part, operation: str, on: On, name: str) -> bool:
    """Whether Kafka lets a role do that."""
    return allows(rights(part), on, name, operation)


@pytest.mark.parametrize("part", SERVICES)
def test_a_service_may_look_at_the_whole_layout(part: Part) -> None:
    """A service that may not describe a topic takes it for missing, and does not start."""
    for name in LAYOUT:
        assert may(part, Operation.DESCRIBE, On.TOPIC, name)
        assert may(part, Operation.DESCRIBE_CONFIGS, On.TOPIC, name)


@pytest.mark.parametrize("part", Part)
def test_only_the_operator_creates_and_alters(part: Part) -> None:
    """And nobody has a right to delete, or on the cluster, that changes anything."""
    changing = {one.operation for one in rights(part)} & {Operation.CREATE, Operation.ALTER_CONFIGS}
    assert bool(changing) is (part is Part.OPERATOR)
    assert {one.operation for one in rights(part)} <= set(Operation)
    assert {one.operation for one in rights(part) if one.on is On.CLUSTER} <= {Operation.DESCRIBE}


@pytest.mark.parametrize("part", [part for part in Part if not USES[part].looks])
def test_records_are_read_and_written_as_the_table_says(part: Part) -> None:
    """Of all topics of the layout, tables' changelogs among them."""
    use, logs = USES[part], set(changelogs(part, GROUP))
    for operation, shorts in ((Operation.READ, use.receives), (Operation.WRITE, use.sends)):
        expected = {f"junction.{short}" for short in shorts} | logs
        assert {name for name in LAYOUT if may(part, operation, On.TOPIC, name)} == expected


@pytest.mark.parametrize("part", [Part.SUPPORT, Part.CONSOLE])
def test_who_looks_reads_all_but_tables(part: Part) -> None:
    """People look at any topic; rows of tables are private bytes of the engine."""
    read = {name for name in LAYOUT if may(part, Operation.READ, On.TOPIC, name)}
    assert read == {name for name in LAYOUT if name.startswith("junction.")}
    assert [one.name for one in rights(part) if one.operation == Operation.READ] == ["junction."]


@pytest.mark.parametrize("part", [Part.SUPPORT, Part.CONSOLE])
def test_who_looks_sees_where_our_groups_are(part: Part) -> None:
    """And joins none."""
    groups = (GROUP, f"{GROUP}-fetcher", f"{GROUP}-sink-postgres")
    assert all(may(part, Operation.DESCRIBE, On.GROUP, group) for group in groups)
    assert not any(may(part, Operation.READ, On.GROUP, group) for group in groups)


@pytest.mark.parametrize(
    ("part", "group"),
    [
        (Part.WORKER, GROUP),
        (Part.FETCHER, f"{GROUP}-fetcher"),
        (Part.NOTIFY, f"{GROUP}-notify-log"),
        (Part.SINK, f"{GROUP}-sink-postgres"),
        (Part.CONSUMER, "streams-consumer-2"),
    ],
)
def test_each_group_has_one_role(part: Part, group: str) -> None:
    """Who joins another's group takes partitions from it."""
    assert [one for one in Part if may(one, Operation.READ, On.GROUP, group)] == [part]


@pytest.mark.parametrize(
    ("part", "transactional_id"),
    [(Part.WORKER, "w0"), (Part.WORKER, "refetcher"), (Part.FETCHER, "fetcher-w0"), (Part.SUPPORT, "redrive")],
)
def test_each_transactional_id_has_one_role(part: Part, transactional_id: str) -> None:
    """Who begins a transaction under another's id ends the other."""
    name = f"{GROUP}-{transactional_id}"
    assert [one for one in Part if may(one, Operation.WRITE, On.TRANSACTIONAL_ID, name)] == [part]


def test_a_sink_of_some_topics_reads_these() -> None:
    """STREAMS_POSTGRES_TOPICS."""
    found = rights_of(Part.SINK, "junction", GROUP, "x", ("sleep",))
    assert [one.name for one in found if one.operation == Operation.READ and one.on is On.TOPIC] == ["junction.sleep"]


def test_names_follow_prefix_and_group() -> None:
    """Two installations on one Kafka have nothing in common."""
    first, second = (
        {(one.on, one.name) for part in Part for one in rights_of(part, prefix, group, f"{prefix}-{part}")}
        for prefix, group in (("a", "ga"), ("b", "gb"))
    )
    assert {name for _, name in first & second} == {"kafka-cluster"}
    assert Right(On.TOPIC, f"a.{topics.ALERTS}", Operation.READ) in rights_of(Part.NOTIFY, "a", "ga", "x")


def test_denials_win_and_reading_includes_looking() -> None:
    """As Kafka's StandardAuthorizer has it; tests/integration/test_rights.py asks a real one."""
    all_a = Right(On.TOPIC, "a", Operation.WRITE, is_prefix=True)
    some = [all_a, all_a._replace(name="ab", is_denied=True)]
    let = {name for name in ("a", "ac", "ab", "abc", "b") if allows(some, On.TOPIC, name, "WRITE")}
    assert let == {"a", "ac"}
    assert allows(some, On.TOPIC, "abc", "DESCRIBE")
    assert not allows(some, On.GROUP, "a", "WRITE")
    assert allows([Right(On.TOPIC, "a", Operation.ALTER_CONFIGS)], On.TOPIC, "a", "DESCRIBE_CONFIGS")
    assert not allows([Right(On.TOPIC, "a", Operation.DESCRIBE)], On.TOPIC, "a", "READ")


@pytest.mark.parametrize("part", [part for part in Part if part not in SERVICES])
def test_only_services_look_at_what_they_do_not_use(part: Part) -> None:
    """A consumer does not see what other topics there are; the operator sees all, to compare them."""
    seen = {name for name in LAYOUT if may(part, Operation.DESCRIBE_CONFIGS, On.TOPIC, name)}
    assert seen == (set(LAYOUT) if part is Part.OPERATOR else set())


def test_the_operator_sees_rights() -> None:
    """And nobody else."""
    assert [part for part in Part if may(part, Operation.DESCRIBE, On.CLUSTER, CLUSTER)] == [Part.OPERATOR]


def test_operations_on_a_name_stand_together() -> None:
    """In the order of the rights; a denial is apart."""
    read = Right(On.TOPIC, "a", Operation.READ)
    rights = [read, read._replace(operation="WRITE"), read._replace(is_denied=True), read._replace(name="b")]
    bare = read._replace(operation="")
    assert by_name(rights) == {
        bare: ["READ", "WRITE"],
        bare._replace(is_denied=True): ["READ"],
        bare._replace(name="b"): ["READ"],
    }
