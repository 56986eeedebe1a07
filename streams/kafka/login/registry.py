"""How the registry's client connects and logs in."""

from typing import Any

from streams.kafka.login.source import registry_tokens_of
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

NO_CLUSTER = ""  # the client wants the header that Confluent Cloud needs; others do not look at it


def for_registry(settings: Settings) -> dict[str, Any]:
    """Settings of confluent-kafka's registry client. Raises Misconfigured for more than one kind of login."""
    logins = [_by_password(settings), _by_token(settings), _by_oauth(settings)]
    if len(used := [login for login in logins if login]) > 1:
        raise Misconfigured(
            "more than one login at the registry: set STREAMS_REGISTRY_USER, STREAMS_REGISTRY_TOKEN or "
            "STREAMS_REGISTRY_OAUTH"
        )
    return {"url": settings.registry_url} | _tls(settings) | (used[0] if used else {})


def _tls(settings: Settings) -> dict[str, str]:
    conf = {
        "ssl.ca.location": str(settings.registry_ca_file or ""),
        "ssl.certificate.location": str(settings.registry_cert_file or ""),
        "ssl.key.location": str(settings.registry_key_file or ""),
    }
    if settings.registry_key_file:  # also an empty one: without it OpenSSL asks at the terminal, and waits
        conf["ssl.key.password"] = settings.registry_key_password.get_secret_value()
    return {name: value for name, value in conf.items() if value or name == "ssl.key.password"}


def _by_password(settings: Settings) -> dict[str, Any]:
    if not settings.registry_user:
        return {}
    return {"basic.auth.user.info": f"{settings.registry_user}:{settings.registry_password.get_secret_value()}"}


def _by_token(settings: Settings) -> dict[str, Any]:
    token = settings.registry_token.get_secret_value()
    return _custom(lambda _: _fields(settings, token)) if token else {}


def _by_oauth(settings: Settings) -> dict[str, Any]:
    tokens = registry_tokens_of(settings)
    return _custom(lambda _: _fields(settings, tokens.token().value)) if tokens else {}


def _custom(fields: Any) -> dict[str, Any]:
    """The client calls `fields` for each request."""
    name = "bearer.auth.custom.provider"
    return {"bearer.auth.credentials.source": "CUSTOM", f"{name}.function": fields, f"{name}.config": {}}


def _fields(settings: Settings, token: str) -> dict[str, str]:
    fields = {"bearer.auth.token": token, "bearer.auth.logical.cluster": settings.registry_cluster or NO_CLUSTER}
    if settings.registry_identity_pool:
        fields["bearer.auth.identity.pool.id"] = settings.registry_identity_pool
    return fields
