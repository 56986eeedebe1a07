"""W3C Trace Context: Junction's support asks for it to find a request (domain file, 6.5)."""

import re
import secrets

_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent_of(given: str = "") -> str:
    """A `traceparent`: the given one where it is one, else a new trace."""
    return given if _PARENT.fullmatch(given) else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
