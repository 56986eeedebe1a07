"""How clients of aiokafka connect and log in."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError
from aiokafka.helpers import create_ssl_context

from streams.kafka.login.source import tokens_of
from streams.kafka.login.tokens import Tokens
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings


def for_aiokafka(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of AIOKafkaConsumer and AIOKafkaClient.

    Raises Misconfigured when a certificate file is not PEM.
    """
    conf: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
    }
    tokens = tokens_of(settings)
    if tokens is not None:
        provider = TokenProvider(tokens, settings.oauth_extensions)
        conf |= {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": provider}
    elif settings.security_protocol.startswith("SASL"):
        conf |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    if settings.security_protocol.endswith("SSL"):
        conf["ssl_context"] = _ssl_context(settings)
    return conf


class TokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """The process's token, as aiokafka asks for it: at each login."""

    def __init__(self, tokens: Tokens, extensions: dict[str, str]) -> None:
        self._tokens, self._extensions = tokens, extensions

    async def token(self) -> str:
        """Raises an error of aiokafka's, for which it tries again."""
        try:
            token = self._tokens.token() if self._tokens.is_fresh() else await asyncio.to_thread(self._tokens.token)
        except (Unavailable, Misconfigured) as error:
            raise KafkaConnectionError(str(error)) from None
        return token.value

    def extensions(self) -> dict[str, str]:
        """What goes to Kafka with it."""
        return self._extensions


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    def path(file: Path | None) -> str | None:
        return str(file) if file else None

    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=path(settings.ssl_ca_file),
            certfile=path(settings.ssl_cert_file),
            keyfile=path(settings.ssl_key_file),
            # Without one OpenSSL asks at the terminal for that of an encrypted key, and waits.
            password=settings.ssl_key_password.get_secret_value(),
        )
    except (OSError, ssl.SSLError):
        raise Misconfigured(
            "the files of STREAMS_SSL_CA_FILE, STREAMS_SSL_CERT_FILE or STREAMS_SSL_KEY_FILE cannot be read as PEM, or "
            "STREAMS_SSL_KEY_PASSWORD is not the key's password."
        ) from None
    return context
