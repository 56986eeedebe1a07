"""Commands of kafka-acls.sh that say the same as the rights."""

import shlex
from collections.abc import Iterator

from streams.events.rights import On, Right
from streams.kafka.acl_commands import commands
from streams.kafka.acls import Rule
from streams.kafka.logins import logins
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None, bootstrap_servers="kafka:9092")
LOGINS = logins(["worker=User:CN=it's a worker,O=Clinic"])
ON = {"--topic": On.TOPIC, "--group": On.GROUP, "--transactional-id": On.TRANSACTIONAL_ID}


def meant(command: str) -> Iterator[Rule]:
    """The rules that Kafka's AclCommand would add."""
    words = shlex.split(command)
    assert words[:6] == ["kafka-acls.sh", *SETTINGS_OF_ADMIN, "--add"]
    given = list(zip(words, [*words[1:], ""], strict=True))
    who = next(value for name, value in given if name.endswith("-principal"))
    pattern = {"is_prefix": ("--resource-pattern-type", "prefixed") in given, "is_denied": "--deny-principal" in words}
    names = [(ON[name], value) for name, value in given if name in ON]
    if "--cluster" in words:
        names.append((On.CLUSTER, "kafka-cluster"))
    for name, operation in given:
        if name == "--operation":
            yield from (Rule(who, Right(on, of, operation, **pattern)) for on, of in names)


SETTINGS_OF_ADMIN = ["--bootstrap-server", "kafka:9092", "--command-config", "admin.properties"]


def test_commands_say_what_the_rights_are() -> None:
    """Each right once, also of a login whose name a shell would take apart."""
    found = [rule for command in commands(SETTINGS, LOGINS) for rule in meant(command)]
    wanted = [Rule(who, right) for who, rights in LOGINS.rights(SETTINGS).items() for right in rights]
    assert sorted(found) == sorted(wanted)


def test_names_with_equal_rights_share_a_command() -> None:
    """Three hundred starts of a JVM would take minutes."""
    assert len(list(commands(SETTINGS, LOGINS))) < 50
