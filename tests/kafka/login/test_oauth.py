"""Tokens of a real server: each way to ask, and each way in which it fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr

from streams.kafka.login import oauth
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from tests import token_server
from tests.token_server import CLIENT, SECRET, TokenServer


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with token_server.running(120.0) as running:
        yield running


@pytest.fixture
def settings(server: TokenServer) -> Settings:
    return Settings(
        _env_file=None,
        oauth_token_url=server.token_url,
        oauth_client_id=CLIENT,
        oauth_client_secret=SecretStr(SECRET),
    )


def with_key(settings: Settings, file: Path, key: RSAKey, **changed: object) -> Settings:
    file.write_bytes(key.as_pem(private=True))
    signs = {"oauth_client_secret": SecretStr(""), "oauth_key_file": file, "oauth_key_id": "k7"}
    return settings.model_copy(update=signs | changed)


def test_client_credentials(settings: Settings, server: TokenServer) -> None:
    """By HTTP Basic, with scope and audience where they are set; its end is counted from when it was asked for."""
    token = oauth.ask(settings.model_copy(update={"oauth_audience": "kafka"}), "read write")
    assert [token.value] == server.given
    assert token.ends_s - token.begins_s == 120.0
    assert token.principal == CLIENT
    assert SECRET not in repr(token)
    assert token.value not in repr(token)
    assert server.forms == [{"grant_type": "client_credentials", "scope": "read write", "audience": "kafka"}]


@pytest.mark.parametrize("grant", ["client_credentials", "jwt_bearer"])
def test_a_signed_assertion(settings: Settings, server: TokenServer, tmp_path: Path, grant: str) -> None:
    """RFC 7523: in place of a secret (2.2), or as the grant itself (2.1). Another key is refused."""
    key = server.client_key = RSAKey.generate_key(2048)
    signing = with_key(settings, tmp_path / "client.key", key, oauth_grant=grant)
    assert [oauth.ask(signing, "").value] == server.given
    other = with_key(settings, tmp_path / "other.key", RSAKey.generate_key(2048), oauth_grant=grant)
    with pytest.raises(Misconfigured, match=r"refuses us \(invalid_client\).*STREAMS_OAUTH_CLIENT_ID"):
        oauth.ask(other, "")


def test_keys_that_cannot_sign(settings: Settings, tmp_path: Path) -> None:
    """No file, no key in it, an encrypted one without its password, a public one: a sentence that names the setting."""
    file, key = tmp_path / "client.key", RSAKey.generate_key(2048)
    asked = with_key(settings, file, key)
    contents = [None, b"nonsense", key.as_pem(private=True, password="hush"), key.as_pem(private=False)]
    for content in contents:
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(Misconfigured, match="STREAMS_OAUTH_KEY_FILE"):
            oauth.ask(asked, "")
    with pytest.raises(Misconfigured, match="STREAMS_OAUTH_KEY_FILE is not set"):
        oauth.ask(asked.model_copy(update={"oauth_key_file": None}), "")


def test_an_encrypted_key(settings: Settings, server: TokenServer, tmp_path: Path) -> None:
    """With its password; also a key on an elliptic curve, which signs with ES256."""
    key = server.client_key = RSAKey.generate_key(2048)
    asked = with_key(settings, tmp_path / "client.key", key, oauth_key_password=SecretStr("hush"))
    (tmp_path / "client.key").write_bytes(key.as_pem(private=True, password="hush"))
    assert oauth.ask(asked, "").value
    (tmp_path / "client.key").write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    with pytest.raises(Misconfigured, match="invalid_client"):  # this server knows the other one
        oauth.ask(asked.model_copy(update={"oauth_key_password": SecretStr("")}), "")


def test_azure(settings: Settings, server: TokenServer) -> None:
    """As the metadata service wants to be asked; without an audience there is nothing to ask for."""
    asked = settings.model_copy(
        update={"oauth_grant": "azure", "oauth_token_url": f"{server.url}{token_server.AZURE_PATH}"}
    )
    with pytest.raises(Misconfigured, match="STREAMS_OAUTH_AUDIENCE"):
        oauth.ask(asked, "")
    hub = "https://hub.servicebus.windows.net"
    token = oauth.ask(asked.model_copy(update={"oauth_audience": hub}), "")
    assert token.ends_s - token.begins_s == 120.0
    assert server.forms == [{"api-version": oauth.AZURE_VERSION, "resource": hub, "client_id": CLIENT}]


@pytest.mark.parametrize(
    ("failure", "error", "sentence"),
    [
        ((401, "invalid_client"), Misconfigured, r"\(invalid_client\).*STREAMS_OAUTH_CLIENT_SECRET"),
        ((400, "invalid_scope"), Misconfigured, "STREAMS_OAUTH_SCOPE"),
        ((400, "its own word"), Misconfigured, "refuses us: look"),
        ((400, "temporarily_unavailable"), Unavailable, "is not well"),
        ((429, "slow_down"), Unavailable, "is not well"),
        ((503, "?"), Unavailable, "HTTP 503"),
    ],
)
def test_refusals(
    settings: Settings, server: TokenServer, failure: tuple[int, str], error: type[Exception], sentence: str
) -> None:
    """What a person has to mend, and what may pass; nothing that the server writes is repeated."""
    server.failure = failure
    with pytest.raises(error, match=sentence) as raised:
        oauth.ask(settings, "")
    assert not any(word in str(raised.value) for word in (SECRET, "its own word"))


def test_a_server_that_is_none(settings: Settings, server: TokenServer) -> None:
    """An answer without a token, no address, nobody there."""
    with pytest.raises(Misconfigured, match="STREAMS_OAUTH_TOKEN_URL is not set"):
        oauth.ask(settings.model_copy(update={"oauth_token_url": ""}), "")
    with pytest.raises(Unavailable, match="does not answer"):
        oauth.ask(settings.model_copy(update={"oauth_token_url": "http://127.0.0.1:1/token"}), "")
    for answer in ({}, {"access_token": "two words"}, {"access_token": 7}):
        with pytest.raises(ValueError, match="no token"):
            oauth.token_of(answer, 0.0, "")


@pytest.mark.parametrize(
    "life", ["soon", -5, {"a": 1}, [60], float("inf"), float("nan"), pytest.param(10**400, id="huge")]
)
def test_a_life_that_is_none(settings: Settings, server: TokenServer, life: object) -> None:
    """A sentence as for any other answer that is not one of a token server: clients go on with the token they have."""
    server.told_s = life
    with pytest.raises(Misconfigured, match="does not answer like one"):
        oauth.ask(settings, "")


def test_how_long_a_token_lives(server: TokenServer) -> None:
    """As the answer says, else as the token itself says, else five minutes."""
    made = server.token()
    assert oauth.token_of({"access_token": made, "expires_in": "60"}, 10.0, "").ends_s == 70.0
    assert oauth.token_of({"access_token": made}, 10.0, "").ends_s == 130.0
    assert oauth.token_of({"access_token": "opaque"}, 10.0, "").ends_s == 310.0
