"""What clients of librdkafka get of the settings for TLS and a login."""

import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.kafka.login.librdkafka import ASKS_AGAIN, LATE_S, for_librdkafka, told_end_s
from streams.kafka.login.tokens import FRESH_S_MAX, Token
from streams.ops.settings import Settings
from tests import token_server

SECRET = "planted"


def test_what_is_unset_is_left_out() -> None:
    """Without a login, the addresses and how soon they are tried again."""
    assert for_librdkafka(Settings(_env_file=None, bootstrap_servers="k:9092")) == {
        "bootstrap.servers": "k:9092",
        "security.protocol": "PLAINTEXT",
        "reconnect.backoff.max.ms": "500",
    }


def test_a_password_a_certificate_and_a_rack() -> None:
    """Each setting under librdkafka's name."""
    settings = Settings(
        _env_file=None,
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="u",
        sasl_password=SecretStr(SECRET),
        ssl_ca_file=Path("ca.pem"),
        ssl_cert_file=Path("cert.pem"),
        ssl_key_file=Path("key.pem"),
        ssl_key_password=SecretStr(SECRET),
        client_rack="eu-1a",
    )
    assert for_librdkafka(settings) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "u",
        "sasl.password": SECRET,
        "ssl.ca.location": "ca.pem",
        "ssl.certificate.location": "cert.pem",
        "ssl.key.location": "key.pem",
        "ssl.key.password": SECRET,
        "client.rack": "eu-1a",
        "reconnect.backoff.max.ms": "500",
    }


def test_a_token_without_its_successor() -> None:
    """While the token server is away librdkafka goes on asking, and does not wait for most of a day."""
    token = Token("t", 0.0, 86_400.0)
    assert told_end_s(token, 0.0) == FRESH_S_MAX / ASKS_AGAIN
    assert told_end_s(token, FRESH_S_MAX) == FRESH_S_MAX + LATE_S
    assert told_end_s(token, 86_390.0) == 86_400.0


def test_a_token_with_extensions() -> None:
    """The callback brings token, end, client and extensions; two clients of a process share the token."""
    with token_server.running() as server:
        settings = Settings(
            _env_file=None,
            security_protocol="SASL_SSL",
            sasl_mechanism="oauthbearer",
            oauth_token_url=server.token_url,
            oauth_client_id=token_server.CLIENT,
            oauth_client_secret=SecretStr(token_server.SECRET),
            oauth_extensions="logicalCluster=lkc-1, identityPoolId=pool-2",
        )
        began_s = time.time()
        conf, other = for_librdkafka(settings), for_librdkafka(settings.model_copy(update={"worker_id": "w7"}))
        value, end_s, client, extensions = conf["oauth_cb"]("")
        assert end_s - began_s == pytest.approx(FRESH_S_MAX / ASKS_AGAIN, abs=60)
        assert other["oauth_cb"]("")[0] == value
        assert [value] == server.given
        assert (client, extensions) == (token_server.CLIENT, {"logicalCluster": "lkc-1", "identityPoolId": "pool-2"})
        assert "sasl.username" not in conf
