"""Which login is which role."""

import pytest

from streams.events.parts import Part
from streams.events.rights import On, Operation, Right
from streams.kafka.logins import logins, short
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None)


def test_logins_are_named_after_their_roles_unless_said_otherwise() -> None:
    """Several of one role, and a certificate, are possible."""
    found = logins(["consumer=User:a", "consumer=User:b", "worker=User:CN=w,O=Clinic"])
    assert found.by_part[Part.GATEWAY] == ["User:streams-gateway"]
    assert found.by_part[Part.CONSUMER] == ["User:a", "User:b"]
    assert found.by_part[Part.WORKER] == ["User:CN=w,O=Clinic"]
    assert set(found.by_part) == set(Part)


@pytest.mark.parametrize("given", ["worker", "worker=w", "worker=User:", "nobody=User:x"])
def test_what_is_no_login_is_said(given: str) -> None:
    """A role that is none, or a principal without its type: Kafka would take any word."""
    with pytest.raises(Misconfigured):
        logins([given])


def test_some_roles_alone() -> None:
    """Others are not asked about, and an unknown one is said."""
    assert set(logins(roles=["worker", "sink"]).by_part) == {Part.WORKER, Part.SINK}
    with pytest.raises(Misconfigured, match="door is no role"):
        logins(roles=["door"])


def test_a_role_alone_whose_login_has_another() -> None:
    """What the other role needs is not superfluous: `apply --role worker` would take it from the fetcher that runs."""
    found = logins(["worker=User:x", "fetcher=User:x", "fetcher=User:y"], ["worker"])
    assert found.by_part == {Part.WORKER: ["User:x"], Part.FETCHER: ["User:x"]}


@pytest.mark.parametrize(
    ("principal", "name"),
    [("User:app", "app"), ("User:CN=app,O=Clinic", "app"), ("User:O=Clinic, cn=app", "app"), ("User:OU=x", "OU=x")],
)
def test_the_name_in_a_principal(principal: str, name: str) -> None:
    """With which a consumer's groups begin."""
    assert short(principal) == name


def test_a_login_with_two_roles_has_the_rights_of_both() -> None:
    """The denials of one never take what the other needs: Kafka lets them win."""
    both = logins(["worker=User:x", "fetcher=User:x"]).rights(SETTINGS)["User:x"]
    fetchers = Right(On.TRANSACTIONAL_ID, "junction-streams-fetcher-", Operation.WRITE, is_prefix=True)
    assert fetchers in both
    assert fetchers._replace(is_denied=True) not in both
    assert [one.name for one in both if one.is_denied] == ["junction-streams-redrive"]
    assert len(both) == len(set(both))


def test_a_consumer_has_groups_of_its_own_name() -> None:
    """Each login."""
    found = logins(["consumer=User:a", "labs=User:b"])
    assert found.own_groups == ("a", "b", "streams-notes")
    assert Right(On.GROUP, "a", Operation.READ, is_prefix=True) in found.rights(SETTINGS)["User:a"]


@pytest.mark.parametrize("name", ["j", "junction", "junction-streams", "junction-streams-s", "junction-streams-sink-x"])
def test_a_consumer_whose_groups_would_be_ours(name: str) -> None:
    """Whoever may read with a group may set its offsets: the worker would go on from somewhere else."""
    for given in (f"consumer=User:{name}", f"labs=User:CN={name},O=Clinic"):
        with pytest.raises(Misconfigured, match="move their offsets"):
            logins([given]).rights(SETTINGS)
    assert logins([f"sink=User:{name}", "consumer=User:junction-streams-app"]).rights(SETTINGS)
