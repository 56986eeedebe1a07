"""A new token from an OAuth server: client credentials (RFC 6749), a signed assertion (RFC 7523), Azure's identity."""

import base64
import json
import ssl
import time
from typing import Any

from authlib.integrations.httpx_client import AssertionClient, OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT

from streams.kafka.login.oauth_errors import translated
from streams.kafka.login.signing_key import signing_key
from streams.kafka.login.tokens import Token
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

ANSWER_S = 4.0  # to connect, and to each part of an answer
AZURE_URL = "http://169.254.169.254/metadata/identity/oauth2/token"
AZURE_VERSION = "2018-02-01"
UNKNOWN_S = 300.0  # the life of a token of which nobody says how long it is


def ask(settings: Settings, scope: str) -> Token:
    """A token. Raises Misconfigured where a person has to act, Unavailable where it may pass."""
    asks = {"client_credentials": _client_credentials, "jwt_bearer": _jwt_bearer, "azure": _azure}[settings.oauth_grant]
    url = settings.oauth_token_url or (AZURE_URL if settings.oauth_grant == "azure" else "")
    if not url:
        raise Misconfigured("STREAMS_OAUTH_TOKEN_URL is not set: where tokens are asked for")
    http = {
        "timeout": ANSWER_S,
        "verify": _verified(settings),
        "trust_env": url.startswith("https:"),  # a proxy would read what goes to a host of our own in the clear
    }
    asked_s = time.time()
    with translated(url):
        answer = asks(settings, url, scope, http)
        return token_of(answer, asked_s, settings.oauth_client_id)


def token_of(answer: dict[str, Any], asked_s: float, principal: str) -> Token:
    """Raises ValueError for an answer without a token that can be sent."""
    value = answer.get("access_token")
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("no token")
    life_s = float(answer.get("expires_in") or 0) or _life_s(value) or UNKNOWN_S
    if life_s < 0:
        raise ValueError("a token that has ended")
    return Token(value, asked_s, asked_s + life_s, principal)


def _life_s(value: str) -> float:
    """As a JWT says it (RFC 7519); 0 for a token that is none."""
    try:
        payload = value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return max(0.0, float(claims["exp"]) - float(claims["iat"]))
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0


def _client_credentials(settings: Settings, url: str, scope: str, http: dict[str, Any]) -> dict[str, Any]:
    if not settings.oauth_client_id:
        raise Misconfigured("STREAMS_OAUTH_CLIENT_ID is not set")
    secret: Any = settings.oauth_client_secret.get_secret_value()
    method: Any = None  # the client's default: HTTP Basic
    if not secret:
        secret, header = signing_key(settings)
        method = PrivateKeyJWT(url, headers=dict(header), alg=header["alg"])
    client = OAuth2Client(settings.oauth_client_id, secret, scope=scope or None, **http)
    if method:
        client.register_client_auth_method(method)
        client.token_endpoint_auth_method = method.name
    more = {"audience": settings.oauth_audience} if settings.oauth_audience else {}
    with client:
        return dict(client.fetch_token(url, grant_type="client_credentials", **more))


def _jwt_bearer(settings: Settings, url: str, scope: str, http: dict[str, Any]) -> dict[str, Any]:
    if not settings.oauth_client_id:
        raise Misconfigured("STREAMS_OAUTH_CLIENT_ID is not set")
    key, header = signing_key(settings)
    who, audience = settings.oauth_client_id, settings.oauth_audience or url
    client = AssertionClient(url, who, who, audience, scope=scope or None, key=key, header=dict(header), **http)
    with client:
        return dict(client.refresh_token())


def _azure(settings: Settings, url: str, _: str, http: dict[str, Any]) -> dict[str, Any]:
    if not settings.oauth_audience:
        raise Misconfigured(
            "STREAMS_OAUTH_AUDIENCE is not set: for Event Hubs https://NAMESPACE.servicebus.windows.net, for others "
            "the id of their application"
        )
    params = {"api-version": AZURE_VERSION, "resource": settings.oauth_audience}
    if settings.oauth_client_id:
        params["client_id"] = settings.oauth_client_id
    with OAuth2Client(**http) as client:
        answer = client.request("GET", url, withhold_token=True, params=params, headers={"Metadata": "true"})
        return dict(client.parse_response_token(answer))


def _verified(settings: Settings) -> ssl.SSLContext | bool:
    if settings.oauth_ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=settings.oauth_ca_file)
    except (OSError, ssl.SSLError):
        raise Misconfigured("the file of STREAMS_OAUTH_CA_FILE cannot be read as PEM") from None
