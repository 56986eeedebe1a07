"""What of the rights on Kafka differs from what our roles need. On a real broker: tests/integration/test_rights.py."""

import pytest

from streams.events.rights import On, Operation, Right
from streams.kafka.acls import Rule, compare, plan
from streams.kafka.logins import logins
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None)
WORKER = "User:streams-worker"
LOGINS = logins(roles=["worker", "consumer"])
NEEDED = [Rule(who, right) for who, rights in LOGINS.rights(SETTINGS).items() for right in rights]
READ = Right(On.TOPIC, "junction.sleep", Operation.READ)


def test_what_is_there_is_right() -> None:
    """In any order."""
    assert compare(SETTINGS, LOGINS, reversed(NEEDED)).is_right


def test_what_is_missing_is_told() -> None:
    """Also where the same right is there from one host only, or is denied."""
    there = [NEEDED[0]._replace(host="10.0.0.1"), Rule(NEEDED[1].principal, NEEDED[1].right._replace(is_denied=True))]
    found = compare(SETTINGS, LOGINS, [*there, *NEEDED[2:]])
    assert found.missing == NEEDED[:2]
    assert set(found.superfluous) == set(there)


@pytest.mark.parametrize(
    "right",
    [
        READ,
        READ._replace(operation="ALL", name="junction.", is_prefix=True),
        READ._replace(name="junction-streams-summaries-changelog", operation="DELETE"),
        Right(On.GROUP, "junction-streams-fetcher", Operation.READ),
        Right(On.GROUP, "streams-consumer", Operation.READ),
        Right(On.TRANSACTIONAL_ID, "junction-streams-redrive", Operation.WRITE),
    ],
)
def test_more_on_our_names_is_superfluous(right: Right) -> None:
    """Of a login of ours; of another it is told, and stays."""
    found = compare(SETTINGS, LOGINS, [*NEEDED, Rule(WORKER, right)])
    assert (found.missing, found.superfluous, found.beyond) == ([], [Rule(WORKER, right)], [])
    other = Rule("User:bob", right)
    found = compare(SETTINGS, LOGINS, [*NEEDED, other])
    assert found.is_right
    assert list(found.others) == ([] if right.name == "streams-consumer" else [other])


@pytest.mark.parametrize(
    "right",
    [
        READ._replace(name="*"),
        READ._replace(name="junctio", is_prefix=True),
        READ._replace(name="payments"),
        Right(On.CLUSTER, "kafka-cluster", "ALTER"),
        Right(On.GROUP, "payments", Operation.READ),
    ],
)
def test_more_beyond_our_names_is_told_and_left(right: Right) -> None:
    """Also a rule that covers names of ours among others: who wrote it meant more than us."""
    found = compare(SETTINGS, LOGINS, [*NEEDED, Rule(WORKER, right)])
    assert (found.superfluous, found.beyond, found.is_right) == ([], [Rule(WORKER, right)], True)


def test_wide_rules_of_others_are_told() -> None:
    """Whoever may read `*` may read health data; who reads other topics is none of ours."""
    wide, payments = Rule("User:bob", READ._replace(name="*")), Rule("User:bob", READ._replace(name="payments"))
    short = Rule("User:bob", READ._replace(name="junc", is_prefix=True))
    assert set(compare(SETTINGS, LOGINS, [*NEEDED, wide, payments, short]).others) == {wide, short}


def test_a_kafka_without_rights_is_told(settings: Settings) -> None:
    """It shows no rule, and everybody may do everything."""
    with pytest.raises(Misconfigured, match="no authorizer"):
        plan(settings, LOGINS)
