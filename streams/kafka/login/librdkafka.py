"""How clients of librdkafka connect and log in."""

import time
from typing import Any

from streams.kafka.login.source import tokens_of
from streams.kafka.login.tokens import Token
from streams.ops.settings import Settings

ASKS_AGAIN = 0.8  # of the life that it is told, librdkafka asks for the next token; after an error in ten seconds
LATE_S = 60.0  # told of a token whose successor could not be fetched: the token server may be back long before its end
RECONNECT_MS_MAX = "500"  # a broker that is back is noticed within this time, not within librdkafka's ten seconds


def for_librdkafka(settings: Settings) -> dict[str, Any]:
    """Settings of confluent-kafka's clients, for one that is made now.

    Raises Misconfigured, Unavailable or GaveUp where there is no token to log in with.
    """
    conf = {
        "bootstrap.servers": settings.bootstrap_servers,
        "security.protocol": settings.security_protocol,
        "ssl.ca.location": str(settings.ssl_ca_file or ""),
        "ssl.certificate.location": str(settings.ssl_cert_file or ""),
        "ssl.key.location": str(settings.ssl_key_file or ""),
        "ssl.key.password": settings.ssl_key_password.get_secret_value(),
        "client.rack": settings.client_rack,
        "reconnect.backoff.max.ms": RECONNECT_MS_MAX,
    }
    return {name: value for name, value in conf.items() if value} | _login(settings)


def _login(settings: Settings) -> dict[str, Any]:
    if not settings.security_protocol.startswith("SASL"):
        return {}
    by_password = {
        "sasl.mechanism": settings.sasl_mechanism,
        "sasl.username": settings.sasl_username,
        "sasl.password": settings.sasl_password.get_secret_value(),
    }
    return _by_token(settings) or {name: value for name, value in by_password.items() if value}


def _by_token(settings: Settings) -> dict[str, Any]:
    tokens = tokens_of(settings)
    if tokens is None:
        return {}
    tokens.token()  # a client that is made without one waits for ten seconds, and then says little

    def callback(_: str) -> tuple[str, float, str, dict[str, str]]:  # in a thread of librdkafka's
        token = tokens.token()
        return token.value, told_end_s(token, time.time()), token.principal, settings.oauth_extensions

    return {"sasl.mechanism": "OAUTHBEARER", "oauth_cb": callback}


def told_end_s(token: Token, now_s: float) -> float:
    """An end with which librdkafka asks again as soon as there is another token, or soon where that is late."""
    early_s = token.begins_s + (token.stale_s - token.begins_s) / ASKS_AGAIN
    return early_s if now_s < token.stale_s else min(token.ends_s, now_s + LATE_S)
