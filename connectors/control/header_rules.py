"""Headers that Svix, which sends for Junction, does not take: told before the call. Pure.

By svix-server/src/core/types/mod.rs: FORBIDDEN_KEYS (19), FORBIDDEN_PREFIXES (10, one of them twice),
HEADER_MAX_LENGTH. `host` and `connection` it takes, and they would break the request: refused here alone.
"""

import re
from collections.abc import Iterator, Mapping

NAMES = frozenset(
    {
        *("user-agent", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers", "upgrade"),
        *("transfer-encoding", "age", "cache-control", "clear-site-data", "expires", "pragma", "warning"),
        *("content-length", "content-type", "content-encoding", "content-language", "content-location"),
    }
)
PREFIXES = ("x-amz-", "x-amzn-", "x-google", "x-goog-", "x-gfe", "x-azure-", "x-fd-", "x-svix-", "svix-")
VALUE_BYTES_MAX = 4096
_OURS = frozenset({"host", "connection"})
_SIGNATURES = ("webhook-id", "webhook-timestamp", "webhook-signature")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")  # RFC 9110, 5.6.2: a token
# http::HeaderValue: no control character but the tab; and no half of a pair, as which a byte that is no UTF-8 comes.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]*")


def problems(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to do), by name, never with a value."""
    seen: dict[str, str] = {}
    for name, value in headers.items():
        low = name.lower()
        if low in seen:
            yield f"{name!r} and {seen[low]!r} are one header", "names of headers have no case"
        seen[low] = name
        if why := _name_problem(name) or _value_problem(name, value):
            yield why


def _name_problem(name: str) -> tuple[str, str] | None:
    low = name.lower()
    if not _NAME.fullmatch(name):
        return f"{name[:64]!r} is no name of a header", "letters, digits and -"
    if low in NAMES or low in _OURS:
        return f"{name!r} is one that Svix sets itself", "another name"
    if low in _SIGNATURES:
        return f"{name!r} is one of the signature", "another name"
    if prefix := next((one for one in PREFIXES if low.startswith(one)), ""):
        return f"{name[:64]!r} begins with {prefix}, which Svix refuses", "another name"
    return None


def _value_problem(name: str, value: str) -> tuple[str, str] | None:
    count = len(value.encode(errors="surrogatepass"))
    if count > VALUE_BYTES_MAX:
        return f"{name!r} has a value of {count:,} bytes", f"Svix takes {VALUE_BYTES_MAX:,}"
    if not _VALUE.fullmatch(value) or value != value.strip():
        hint = "no line break, no space at its ends: was a file's last line break exported, too?"
        return f"{name!r} has a value that no header can hold", hint
    return None
