"""What aiokafka gets of the settings for TLS and a login."""

from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from streams.kafka.login import tokens
from streams.kafka.login.aiokafka import for_aiokafka
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests import token_server
from tests.secured import Authority


def test_an_encrypted_key(tmp_path: Path) -> None:
    """Read with its password. Without it a worker is told, and does not wait for one at its terminal."""
    authority = Authority(tmp_path / "authority")
    cert, key = authority.issue("worker")
    secret = load_pem_private_key(key.read_bytes(), None)
    assert isinstance(secret, ec.EllipticCurvePrivateKey)
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hush")))
    settings = Settings(
        _env_file=None, security_protocol="SSL", ssl_ca_file=authority.ca, ssl_cert_file=cert, ssl_key_file=key
    )
    with pytest.raises(Misconfigured, match="STREAMS_SSL_KEY_FILE"):
        for_aiokafka(settings)
    found = for_aiokafka(settings.model_copy(update={"ssl_key_password": SecretStr("hush")}))
    assert len(found["ssl_context"].get_ca_certs()) == 1


async def test_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's token with its extensions; a server that is away is an error that aiokafka knows."""
    with token_server.running() as server:
        settings = Settings(
            _env_file=None,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="OAUTHBEARER",
            oauth_token_url=server.token_url,
            oauth_client_id=token_server.CLIENT,
            oauth_client_secret=SecretStr(token_server.SECRET),
            oauth_extensions="logicalCluster=lkc-1",
        )
        provider = for_aiokafka(settings)["sasl_oauth_token_provider"]
        assert [await provider.token(), await provider.token()] == [server.given[0]] * 2
        assert provider.extensions() == {"logicalCluster": "lkc-1"}
    monkeypatch.setattr(tokens, "PATIENCE_S", 0.0)
    away = for_aiokafka(settings.model_copy(update={"oauth_scope": "another"}))["sasl_oauth_token_provider"]
    with pytest.raises(KafkaConnectionError, match="token server"):
        await away.token()
