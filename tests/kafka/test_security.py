"""What aiokafka gets of the settings for TLS and a login."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from streams.kafka.security import security
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.secured import Authority


def test_an_encrypted_key_is_refused(tmp_path: Path) -> None:
    """There is no setting for its password, and a worker does not wait for one at its terminal."""
    authority = Authority(tmp_path / "authority")
    cert, key = authority.issue("worker")
    secret = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    settings = Settings(
        _env_file=None, security_protocol="SSL", ssl_ca_file=authority.ca, ssl_cert_file=cert, ssl_key_file=key
    )
    with pytest.raises(Misconfigured, match="STREAMS_SSL_KEY_FILE"):
        security(settings)
