"""What Svix refuses of an endpoint, as its open server does (`v1/endpoints/endpoint`, `core/types`). Pure."""

import base64
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

_SECRET = re.compile(r"(whsec_)?[a-zA-Z0-9+/=]{32,100}")
_KEY_BYTES_MIN, _KEY_BYTES_MAX = 24, 75
_TYPE_NAME = re.compile(r"[a-zA-Z0-9\-_.]{1,256}")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")  # RFC 9110, 5.6.2, in lower case
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]*")
HEADER_BYTES_MAX = 4096
RATE_MAX = 65_535


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FORBIDDEN = frozenset(
    _words("""
user-agent keep-alive proxy-authenticate proxy-authorization te trailers transfer-encoding upgrade age cache-control
clear-site-data expires pragma warning content-length content-type content-encoding content-language content-location
""")
)
# Svix writes one of them twice, and so counts ten.
FORBIDDEN_PREFIXES = _words("x-amz- x-amzn- x-google x-goog- x-gfe x-azure- x-fd- x-svix- svix-")
SENSITIVE = frozenset(
    _words("x-auth-token x-api-key www-authenticate authorization proxy-authenticate proxy-authorization")
)


class Broken(ValueError):
    """A rule of Svix is broken. `place`: where in the body."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


def check_url(url: str) -> None:
    """Raises Broken."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Broken("url", "Endpoint URL schemes must be http or https")


def check_description(text: str) -> None:
    """Raises Broken."""
    if any(char <= "\x08" for char in text):
        raise Broken("description", "Control characters 0x00-0x08 not allowed.")


def check_rate(rate: int) -> None:
    """Raises Broken."""
    if not 1 <= rate <= RATE_MAX:
        raise Broken("rate_limit", "Endpoint rate limits must be at least one if set")


def whole_secret(secret: str, place: str = "secret") -> str:
    """As Svix hands it out again: with its prefix. Raises Broken."""
    if not _SECRET.fullmatch(secret):
        raise Broken(place, "String should match pattern '^(whsec_)?[a-zA-Z0-9+/=]{32,100}$'")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise Broken(place, "Expected the key to be base64") from None
    if not _KEY_BYTES_MIN <= len(key) <= _KEY_BYTES_MAX:
        raise Broken(place, "secret length invalid")
    return f"whsec_{base64.b64encode(key).decode()}"


def check_types(names: Iterable[str], known: Iterable[str]) -> None:
    """Raises Broken."""
    names = list(names)
    if not names:
        raise Broken("filter_types", "eventTypes can't be empty, it must have at least one item.")
    if missing := sorted(set(names).difference(known)):
        raise Broken("filter_types", f"The following event types don't exist: {', '.join(missing)}")


def check_type_name(name: str) -> None:
    """Raises Broken."""
    if not _TYPE_NAME.fullmatch(name):
        raise Broken("eventType", "Invalid event type name")


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises Broken."""
    for name, value in headers.items():
        _check_header_name(name.lower())
        if not _HEADER_VALUE.fullmatch(value):
            raise Broken("headers", "Invalid Header Value.")
        if len(value.encode()) > HEADER_BYTES_MAX:
            raise Broken("headers", f"Maximum header length is {HEADER_BYTES_MAX} bytes")


def _check_header_name(name: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise Broken("headers", "Invalid Header Name.")
    if name in FORBIDDEN:
        raise Broken("headers", "Header uses a forbidden key.")
    if name.startswith(FORBIDDEN_PREFIXES):
        raise Broken("headers", "Header starts with a forbidden prefix.")
