"""The trace of a request (W3C Trace Context): `traceparent` is its id, `tracestate` what each vendor added to it.

A `tracestate` without a valid `traceparent` is dropped, and one that cannot be parsed is dropped whole (3.3.1, 4.3).
"""

import re
from collections.abc import Iterable

from streams.events import known_traceparent

STATE_CHARS_MAX = 512  # the least that has to be passed on (3.3.1.5)
MEMBERS_MAX = 32
_NAME = r"[a-z0-9][a-z0-9_*/-]"
_MEMBER = re.compile(
    rf"(?:{_NAME}{{0,255}}|{_NAME}{{0,240}}@[a-z][a-z0-9_*/-]{{0,13}})"
    r"=[ !-+\--<>-~]{0,255}[!-+\--<>-~]"  # printable, neither comma nor equals sign, and no blank at the end
)


def parent(text: str) -> str:
    """A `traceparent`, or "" for what is none."""
    return known_traceparent(text)


def state(text: str) -> str:
    """A `tracestate`, its members joined by commas without blanks, or "" for what is none."""
    members = [member for one in text.split(",") if (member := one.strip(" \t"))]
    if len(members) > MEMBERS_MAX or not all(map(_MEMBER.fullmatch, members)):
        return ""
    joined = ",".join(members)
    return joined if len(joined) <= STATE_CHARS_MAX else ""


def of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str]:
    """(traceparent, tracestate) as they were sent, "" for none; several `tracestate` are one list (3.3.1)."""
    rows = [(name, value.decode("latin-1")) for name, value in headers if name in (b"traceparent", b"tracestate")]
    parents = [text for name, text in rows if name == b"traceparent"]
    states = [text for name, text in rows if name == b"tracestate"]
    return next(iter(parents), ""), ",".join(states)
