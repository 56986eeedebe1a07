"""What `source check eventhubs` says, on made-up findings and on the look-alike; and a message from a file."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.contract.intake import opened_record
from connectors.doors.message_file import parse
from connectors.doors.opening import MessageBounds
from connectors.event_hubs import standing
from connectors.event_hubs.access import HubAccess
from connectors.event_hubs.checking import HOUR_MS, check, judge
from connectors.event_hubs.from_file import message_of
from connectors.event_hubs.standing import StandingHub
from streams.ops.errors import Misconfigured
from streams.ops.lines import State, exit_code
from streams.ops.settings import Settings
from streams.simulator.delivery.hub_messages import amqp_text
from tests.doors import SLEEP, USER, body_of

SETTINGS = Settings(_env_file=None, partitions=4)
ACCESS = HubAccess("clinic.servicebus.windows.net:9093", "junction", "listen", SecretStr("planted"))
WELL = StandingHub(4, retention_ms=168 * HOUR_MS, members=1, waiting=5, is_new=False)


def states(found: StandingHub, access: HubAccess = ACCESS, settings: Settings = SETTINGS) -> dict[str, State]:
    """What is not as it should be."""
    lines = {line.about: line.state for line in judge(found, access, settings)}
    return {about: state for about, state in lines.items() if state is not State.OK}


def test_all_is_well() -> None:
    """The worst case of memory is told with its sum."""
    assert states(WELL) == {}
    memory = next(line.found for line in judge(WELL, ACCESS, SETTINGS) if line.about == "memory")
    assert memory.startswith("at worst 97 MiB: 16 fetched ahead")


def test_each_that_is_not() -> None:
    """Each has a line of its own, and the command that mends it."""
    assert states(StandingHub(0)) == {"hub": State.WRONG}
    assert states(WELL._replace(expired=3)) == {"expired": State.WRONG}
    assert states(WELL._replace(retention_ms=24 * HOUR_MS)) == {"retention": State.LOOK_AT}
    assert states(WELL._replace(retention_ms=None, members=None)) == {"retention": State.LOOK_AT}
    assert states(WELL._replace(members=0)) == {"waiting": State.LOOK_AT}
    default = SETTINGS.model_copy(update={"event_hubs_group": "$Default"})
    root = ACCESS._replace(policy="RootManageSharedAccessKey")
    assert states(WELL, root, default) == {"policy": State.LOOK_AT, "group": State.LOOK_AT}
    bad = [line for line in judge(WELL._replace(expired=3, members=0), root, default) if line.state is not State.OK]
    assert all(line.change for line in bad)


def test_on_the_look_alike(hub_settings: Settings) -> None:
    """A new hub has nothing wrong; that it keeps messages for a day only is to be looked at."""
    lines = check(hub_settings)
    assert exit_code(lines, if_wrong=1) == 0
    assert [line.about for line in lines if line.state is State.LOOK_AT] == ["retention"]


def test_what_cannot_be_asked(hub_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong key and no hub exit with 1, nobody there with 3, no setting is said at once; no key is in any line."""
    monkeypatch.setattr(standing, "ANSWERS_S", (1.0, 1.0))
    connection = hub_settings.event_hubs_connection.get_secret_value()
    address = connection.partition("sb://")[2].partition("/")[0]
    for code, update in (
        (1, {"event_hubs_connection": SecretStr(connection.replace("AccessKey=", "AccessKey=planted"))}),
        (1, {"event_hubs_name": "nobodys"}),
        (3, {"event_hubs_connection": SecretStr(connection.replace(address, "127.0.0.1:9"))}),
    ):
        lines = check(hub_settings.model_copy(update=update))
        assert exit_code(lines, if_wrong=1) == code
        assert "planted" not in str(lines)
    with pytest.raises(Misconfigured, match="no Event Hubs: set STREAMS_EVENT_HUBS_CONNECTION"):
        check(SETTINGS)


def explained(said: dict[str, object]) -> str:
    """Reason of the record of a message in a file, "" for a raw one."""
    file = parse(json.dumps({"body": json.loads(body_of(1)), **said}).encode(), Path())
    return opened_record(message_of(file, "hub", 0, MessageBounds(10_000, 10_000)), SETTINGS)[1].reason


def test_from_a_file() -> None:
    """Plain text, AMQP's encoding in hex, the key; another form is said."""
    headers = {"event-type": {"hex": amqp_text(SLEEP).hex()}, "user-id": USER}
    assert explained({"headers": headers, "key": USER, "timestamp": 1_780_000_000_000}) == ""
    assert explained({"headers": {"event-type": {"hex": "5405"}}}) == "unknown_codec"
    for wrong in ({"headers": {"event-type": 5}}, {"headers": {"event-type": {"hex": "zz"}}}, {"key": ["x"]}):
        with pytest.raises(Misconfigured, match="a header and the key"):
            explained(wrong)
