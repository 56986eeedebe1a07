"""The connection string of Azure, and what is said of one that is none."""

import pytest
from confluent_kafka import KafkaError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.event_hubs.access import HubAccess, client_conf, read_access, wrong
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

PLAIN = "Endpoint=sb://clinic.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0="
ACCESS = HubAccess("clinic.servicebus.windows.net:9093", "junction", "listen", SecretStr(PLAIN))


def settings(connection: str, hub: str = "junction") -> Settings:
    return Settings(_env_file=None, event_hubs_connection=SecretStr(connection), event_hubs_name=hub)


def test_a_connection_string() -> None:
    """As the portal shows it, of a namespace or of one hub; the whole string is the password."""
    assert read_access(settings(PLAIN)) == ACCESS
    of_a_hub = f"{PLAIN};EntityPath=junction"
    assert read_access(settings(of_a_hub, "")) == ACCESS._replace(connection=SecretStr(of_a_hub))
    conf = client_conf(settings(PLAIN), ACCESS)
    login = ("SASL_SSL", "PLAIN", "$ConnectionString", PLAIN)
    names = ("security.protocol", "sasl.mechanism", "sasl.username", "sasl.password")
    assert tuple(conf[name] for name in names) == login


@pytest.mark.parametrize(
    ("connection", "hub", "sentence"),
    [
        ("", "junction", "no Event Hubs: set STREAMS_EVENT_HUBS_CONNECTION"),
        ("c2VjcmV0", "junction", "lacks Endpoint, SharedAccessKeyName, SharedAccessKey"),
        (PLAIN.replace("SharedAccessKey=", "Other="), "junction", r"lacks SharedAccessKey\)"),
        (PLAIN.replace("sb://", "https://"), "junction", "the Endpoint .* is none"),
        (PLAIN.replace("sb://clinic", "sb://u:c2VjcmV0@clinic"), "junction", "the Endpoint .* is none"),
        (PLAIN.replace("net/", "net:99999/"), "junction", "the Endpoint .* is none"),
        (f"{PLAIN}\x00", "junction", "no connection string"),
        (PLAIN, "", "no hub: set STREAMS_EVENT_HUBS_NAME"),
        (f"{PLAIN};EntityPath=other", "junction", "is another hub than the EntityPath"),
    ],
)
def test_what_is_none(connection: str, hub: str, sentence: str) -> None:
    """The sentence says what it is, and nothing of what it holds."""
    with pytest.raises(Misconfigured, match=sentence) as refused:
        read_access(settings(connection, hub))
    assert "c2VjcmV0" not in str(refused.value)


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    """Read or refused, never another error."""
    with pytest.raises(Misconfigured):
        read_access(settings(f"{text};nothing"))


def test_who_has_to_act() -> None:
    """A right that lacks, a login that is refused twice: a person. Once, or an error of the network: it may pass."""
    refused, away = KafkaError(KafkaError._AUTHENTICATION), KafkaError(KafkaError._TRANSPORT)
    for errors in ([], [away] * 9, [refused], [refused, away]):
        assert isinstance(wrong(errors, ACCESS, "g"), Unavailable)
    assert "refuses the login" in str(wrong([refused, away, refused], ACCESS, "g"))
    right = wrong([KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)], ACCESS, "g")
    assert isinstance(right, Misconfigured)
    assert "give it Listen" in str(right)
    gone = [KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)]
    assert isinstance(wrong(gone, ACCESS, "g"), Misconfigured)
    assert isinstance(wrong(gone, ACCESS, "g", is_known=True), Unavailable)
