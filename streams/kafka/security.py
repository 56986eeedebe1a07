"""The security settings that librdkafka gets from `Settings`, for aiokafka."""

import ssl
from typing import Any

from aiokafka.helpers import create_ssl_context

from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings


def security(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of AIOKafkaConsumer. Raises Misconfigured when a certificate file is not PEM."""
    conf: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.startswith("SASL"):
        conf |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    if settings.security_protocol.endswith("SSL"):
        conf["ssl_context"] = _ssl_context(settings)
    return conf


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    def path(file: Any) -> str | None:
        return str(file) if file else None

    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=path(settings.ssl_ca_file),
            certfile=path(settings.ssl_cert_file),
            keyfile=path(settings.ssl_key_file),
            password="",  # without one OpenSSL asks at the terminal for that of an encrypted key, and waits
        )
    except (OSError, ssl.SSLError):
        raise Misconfigured(
            "the files of STREAMS_SSL_CA_FILE, STREAMS_SSL_CERT_FILE or STREAMS_SSL_KEY_FILE cannot be read as PEM."
        ) from None
    return context
