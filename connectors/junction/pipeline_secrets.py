"""The secrets of a pipeline's body: masked for people, revealed for the wire. Pure."""

import json
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.junction.etl_pipelines import Json
from streams.ops import addresses

MASK = "***"
# The names of Azure's connection strings. Another name may be a piece of a key.
_TOLD = frozenset({"sharedaccesskeyname", "entitypath", "defaultendpointsprotocol", "accountname", "endpointsuffix"})
_KEYS = frozenset({"sharedaccesskey", "sharedaccesssignature", "accountkey", "blobendpoint"})
_ENDPOINT = "endpoint"


def body_text(body: Json) -> str:
    """The body as JSON for people, each secret masked."""
    return json.dumps(_replaced(body, masked), indent=2)


def revealed(body: Json) -> Json:
    """The body as it is sent: for the wire alone, and for nobody's eyes."""
    plain: Json = _replaced(body, SecretStr.get_secret_value)
    return plain


def masked(secret: SecretStr) -> str:
    """`amqps://user:***@host/vhost`; `Endpoint=sb://host/;SharedAccessKeyName=send;SharedAccessKey=***`; else `***`."""
    text = secret.get_secret_value()
    if not text.isprintable():
        return MASK
    return _uri(text) if text.startswith(("amqp://", "amqps://")) else _connection_string(text)


def _uri(text: str) -> str:
    """A user without a password may be a token; a query may hold anything."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return MASK
    rest = parts.path + parts.query + parts.fragment
    # With `/`, `?` or `#` of a password that is not encoded, what looks like host or path is a piece of it.
    if not host or port == 0 or "@" in rest:
        return MASK
    login = "" if "@" not in parts.netloc else f"{MASK}@" if parts.password is None else f"{parts.username}:{MASK}@"
    where = addresses.shown(text).removeprefix(f"{parts.scheme}://")
    return f"{parts.scheme}://{login}{where}{parts.path}" + (f"?{MASK}" if parts.query or parts.fragment else "")


def _connection_string(text: str) -> str:
    parts = [part.partition("=") for part in text.split(";") if part]
    if not parts or any(name.lower() not in _TOLD | _KEYS | {_ENDPOINT} for name, _, _ in parts):
        return MASK
    return ";".join(f"{name}={_told(name.lower(), value)}" for name, _, value in parts)


def _told(name: str, value: str) -> str:
    if name == _ENDPOINT:
        return f"{addresses.shown(value)}/"
    return value if name in _TOLD else MASK


def _replaced(value: Any, secret: Any) -> Any:
    if isinstance(value, SecretStr):
        return secret(value)
    if isinstance(value, dict):
        return {name: _replaced(item, secret) for name, item in value.items()}
    return [_replaced(item, secret) for item in value] if isinstance(value, list) else value
