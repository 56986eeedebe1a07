"""One rule for all addresses: nothing secret in the clear to others, nothing of a login in what is printed."""

import socket
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from yarl import URL

from connectors.receivers.receiver import receivers_from
from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

OWN = [
    "http://localhost:8070",
    "http://LOCALHOST",
    "http://api.localhost",
    "http://127.0.0.1:1",
    "http://127.9.9.9",
    "http://[::1]:8070",
    "http://registry:8081/apis/ccompat/v7",
    "http://10.0.0.7",
    "http://172.16.3.4:80",
    "http://192.168.1.1",
    "http://[fd00::7]",
    "http://169.254.1.1",
    "http://registry.streams.svc:8081",
    "http://registry.streams.svc.cluster.local",
    "http://nas.local",
    "http://kafka.internal.",
]
OTHERS = [
    "http://alerts.example.com",
    "http://registry.streams.svc.example.com",
    "http://8.8.8.8",
    "http://134744072",
    "http://0x08080808",
    "http://[2001:4860:4860::8888]",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://localhost@example.com",
    "http://user:pass@example.com",
    "http://172.32.0.1",
    "http://example.com.",
]
NONE = ["", "ftp://localhost", "localhost:8070", "http://", "http://[::1", "http://a:70000", "http://a b", "http:///x"]
SECRETS: dict[str, Any] = {"registry_user": "u", "registry_password": SecretStr("p")}
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("junction_url", {}),
    ("junction_management_url", {}),
    ("svix_url", {}),
    ("query_url", {}),
    ("registry_url", SECRETS),
]


def made(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize(("name", "more"), SETTINGS)
@pytest.mark.parametrize("url", [*OWN, *OTHERS])
def test_http_is_for_hosts_of_our_own(name: str, more: dict[str, Any], url: str) -> None:
    """Elsewhere it is refused with a sentence that names the setting, unless somebody has said that it may be; https
    is always right."""
    https = url.replace("http://", "https://")
    for good in (https, url if url in OWN else https):
        assert getattr(made(**{name: good}, **more), name) == good
    if url in OTHERS:
        with pytest.raises(Misconfigured, match=f"STREAMS_{name.upper()} .*STREAMS_INSECURE") as refusal:
            made(**{name: url}, **more)
        assert "pass" not in str(refusal.value)
        assert made(**{name: url}, insecure=True, **more)


def test_a_registry_without_a_login_may_be_anywhere() -> None:
    """Schemas are no secret; a login in the URL is one."""
    assert made(registry_url="http://registry.example.com")
    with pytest.raises(Misconfigured):
        made(registry_url="http://user:pass@registry.example.com")


@pytest.mark.parametrize("url", NONE)
def test_what_is_no_url_is_refused(url: str) -> None:
    """With the name of its setting, and without what it holds."""
    with pytest.raises(Misconfigured, match="STREAMS_X is no URL"):
        addresses.check("STREAMS_X", url, insecure=True, why="anything")


@pytest.mark.parametrize(("servers", "is_good"), [("kafka:9092", True), ("a:1,b.example.com:2", False), ("", True)])
def test_a_password_for_kafka_is_not_sent_in_the_clear(servers: str, is_good: bool) -> None:
    """PLAIN without TLS; SCRAM proves the password without sending it."""
    clear = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "bootstrap_servers": servers}
    if is_good:
        assert made(**clear)
        return
    with pytest.raises(Misconfigured, match="SASL_SSL"):
        made(**clear)
    for more in ({"sasl_mechanism": "SCRAM-SHA-512"}, {"security_protocol": "SASL_SSL"}, {"insecure": True}):
        assert made(**(clear | more))


@pytest.mark.parametrize(
    ("servers", "is_good"),
    [
        ("", True),
        ("kafka", True),
        ("a.example:9092, b.example:9092,", True),
        ("[::1]:9092", True),
        ("a:9092,b:abc", False),
        ("a:99999", False),
        ("http://127.0.0.1:9092", False),
        ("PLAINTEXT://kafka:9092", False),
        ("user:word@kafka:9092", False),
        (":9092", False),
    ],
)
def test_what_is_no_address_of_kafka_is_refused(servers: str, is_good: bool) -> None:
    """Said at once and without its text: a client would say "does not answer" for ever."""
    if is_good:
        assert Settings(_env_file=None, bootstrap_servers=servers).bootstrap_servers == servers
        return
    with pytest.raises(Misconfigured, match="STREAMS_BOOTSTRAP_SERVERS is not host:port") as raised:
        Settings(_env_file=None, bootstrap_servers=servers)
    assert "word" not in str(raised.value)


@pytest.mark.parametrize("url", [*OWN, *OTHERS])
def test_alerts_go_in_the_clear_to_an_alertmanager_of_our_own_alone(url: str) -> None:
    """Its alerts name people, and its token is one."""
    given: dict[str, Any] = {"kind": "alertmanager", "url": url, "token": SecretStr("t0ken")}
    if url in OWN:
        assert receivers_from(made(notify_receivers={"a": given}))
        return
    with pytest.raises(Misconfigured, match="in the clear"):
        receivers_from(made(notify_receivers={"a": given}))
    assert receivers_from(made(notify_receivers={"a": {**given, "insecure": True}}))


hidden = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=20)


@given(
    hidden, hidden, hidden, st.sampled_from(["a", "a.example.com", "[::1]", "10.0.0.1"]), st.sampled_from(["", ":7"])
)
def test_nothing_but_scheme_host_and_port_is_shown(user: str, word: str, path: str, host: str, port: str) -> None:
    """A login stands before the host, and the key of a hook behind it."""
    assert (
        addresses.shown(f"https://{user}:{word}@{host}{port}/hooks/{path}?k={path}#{path}") == f"https://{host}{port}"
    )


@given(st.text())
def test_showing_never_fails(text: str) -> None:
    """Whatever a setting holds."""
    assert isinstance(addresses.shown(text), str)
    assert isinstance(addresses.is_own(text), bool)
    assert isinstance(addresses.is_loopback(text), bool)


def test_settings_and_receivers_do_not_print_their_addresses() -> None:
    """A repr of either holds neither login nor key."""
    url = "https://user:hiddenword@example.com/hooks/hiddenword"
    given = {"kind": "webhook", "url": url, "secret": SecretStr("whsec_" + "A" * 32)}
    of = made(
        query_url=url, registry_url=url, junction_url=url, junction_management_url=url, notify_receivers={"a": given}
    )
    assert "hiddenword" not in repr(of) + repr(receivers_from(of))


@given(st.text(max_size=300))
def test_an_id_stays_one_part_of_a_path(id: str) -> None:
    """Whatever is in it, it leads nowhere else; or it is no id."""
    try:
        part = addresses.segment(id)
    except (ValueError, UnicodeEncodeError):
        return
    url = URL(f"http://a/users/{part}", encoded=True)
    assert url.parts == ("/", "users", id)
    assert (url.query_string, url.fragment) == ("", "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"query_host": "example.com", "query_port": 8070}, "STREAMS_QUERY_HOST"),
        ({"registry_url": "http://127.0.0.1:1/\x01"}, "STREAMS_REGISTRY_URL"),
        ({"registry_url": "http://a b"}, "STREAMS_REGISTRY_URL"),
        ({"registry_url": "http://127.0.0.1:99999/x"}, "STREAMS_REGISTRY_URL"),
        ({"query_token": SecretStr("é")}, "STREAMS_QUERY_TOKEN"),
    ],
)
def test_what_is_no_address_and_no_token_is_named_at_the_start(given: dict[str, Any], said: str) -> None:
    """Also where the address is made of host and port, and where nothing secret goes there."""
    with pytest.raises(Misconfigured, match=said):
        Settings(_env_file=None, **given)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "worker"])
def test_a_host_of_our_own_may_be_asked(host: str) -> None:
    """Loopback in both families, and a name of a private network."""
    made = Settings(_env_file=None, query_host=host, query_port=8070)
    assert httpx.URL(made.query_address).port == 8070


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  # because nothing is bound
def test_who_listens_on_every_address_is_asked_by_the_name_of_its_host(host: str) -> None:
    """No other worker could ask 0.0.0.0; an address that is given is taken as it is."""
    made = Settings(_env_file=None, query_host=host, query_port=8070)
    assert made.query_address == f"http://{socket.gethostname()}:8070"
    assert made.model_copy(update={"query_url": "http://worker-1:8070"}).query_address == "http://worker-1:8070"
