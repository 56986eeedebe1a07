"""W3C Trace Context: Junction's support asks for it to find a request (domain file, 6.5)."""

import secrets
from typing import NamedTuple

from streams.events import known_traceparent


class CallTrace(NamedTuple):
    """`given`: the `traceparent` of the caller, "" for none. `sent`: that one, else a new one, in every try."""

    given: str
    sent: str


def trace_of_call(given: str = "") -> CallTrace:
    """The trace of a call. One that is none is not taken."""
    known = known_traceparent(given)
    return CallTrace(known, known or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01")
