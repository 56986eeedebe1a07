"""W3C Trace Context: Junction's support asks for it to find a request (domain file, 6.5)."""

import secrets

from streams.events import known_traceparent


def traceparent_of(given: str = "") -> str:
    """A `traceparent`: the given one where it is one, else a new trace."""
    return known_traceparent(given) or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
