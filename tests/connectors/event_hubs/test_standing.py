"""What stands in a hub, asked of the look-alike."""

import pytest
from pydantic import SecretStr

from connectors.event_hubs.access import client_conf, read_access
from connectors.event_hubs.standing import StandingHub, look
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.delivery.hub_messages import hub_message, send
from tests.doors import SLEEP, USER, body_of

DAY_MS = 86_400_000


def test_what_waits(hub_settings: Settings) -> None:
    """Partitions, retention, what the group has not read; nothing is taken by looking."""
    access = read_access(hub_settings)
    messages = [hub_message(body_of(n), SLEEP, USER, "t1", "k") for n in range(3)]
    send(client_conf(hub_settings, access), access.hub, messages)
    expected = StandingHub(4, retention_ms=DAY_MS, members=0, waiting=3, expired=0, is_new=True)
    assert look(hub_settings) == look(hub_settings) == expected


def test_no_hub(hub_settings: Settings) -> None:
    """It has no partitions."""
    assert look(hub_settings.model_copy(update={"event_hubs_name": "nobodys"})).partitions == 0


def test_a_login_that_is_refused(hub_settings: Settings) -> None:
    """A person acts, and the sentence has no key."""
    connection = hub_settings.event_hubs_connection.get_secret_value()
    wrong = SecretStr(connection.replace("AccessKey=", "AccessKey=planted"))
    with pytest.raises(Misconfigured, match="refuses the login of policy streams") as refused:
        look(hub_settings.model_copy(update={"event_hubs_connection": wrong}))
    assert "planted" not in str(refused.value)


def test_certificates_that_cannot_be_read() -> None:
    """The setting is named that is wrong, not those of Kafka. Nobody is asked."""
    connection = "Endpoint=sb://localhost:1/;SharedAccessKeyName=streams;SharedAccessKey=planted"
    own = {"event_hubs_connection": connection, "event_hubs_name": "h", "event_hubs_ca_file": "/none"}
    with pytest.raises(Misconfigured, match="STREAMS_EVENT_HUBS_CA_FILE"):
        look(Settings(_env_file=None, **own))
