"""The canonical form of an id. Junction's ids are UUIDs, which are equal in any case (RFC 9562, section 4); iOS writes
them in upper case. An id that is no UUID is opaque and stays as it is: `Ab` and `ab` may be two people.

Call `canonical` on each id from outside (a body, an older record, a command, a path): users, teams, and what is part
of a key or refers to one (summaries, devices, workouts, orders, queries).
"""

import re

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_CHARS = 36


def canonical(id: str) -> str:
    """A UUID in lower case; any other text untouched."""
    return id.lower() if len(id) == _UUID_CHARS and not id.islower() and _UUID.fullmatch(id) else id
