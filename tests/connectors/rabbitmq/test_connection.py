"""What is wrong with the settings of RabbitMQ is a sentence for a person, before anybody is asked."""

import asyncio
from pathlib import Path

import pytest

from connectors.rabbitmq.connection import connect
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_certificates_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    """No file, an empty one, or another one: the setting is named, and the door ends with exit 2, not a traceback."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    own = Settings(_env_file=None, rabbitmq_url="amqps://u:p@127.0.0.1:1/v", rabbitmq_ca_file=file)
    with pytest.raises(Misconfigured, match="STREAMS_RABBITMQ_CA_FILE"):
        asyncio.run(connect(own))


@pytest.mark.parametrize("password", ["12#planted", "12/planted", "12?planted"])
def test_a_password_that_is_not_encoded(password: str) -> None:
    """What is left of it would stand in every sentence as the port."""
    with pytest.raises(Misconfigured, match="percent-encoded") as refused:
        Settings(_env_file=None, rabbitmq_url=f"amqp://user:{password}@localhost/v").check()
    assert "planted" not in str(refused.value)
