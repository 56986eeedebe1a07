"""How many values a body may hold, so that one body costs a worker seconds and not minutes. Pure.

A body that is small as text can be large as values: an object of three bytes takes 60 to 500 bytes of memory, and a
microsecond or more. A body above one of these bounds is a dead letter; what Junction sends is far below all of them.
"""

from typing import Any

from streams.ops.errors import Reason, Rejected

ID_CHARS_MAX = 256  # of an event type or an id; the longest known event type has 58
# Objects and lists. Junction's samples take 150 bytes each; 16 MiB hold as many of 67.
CONTAINERS_MAX = 250_000
# Names of one object. The largest that is known has 60; how large maps are (foods, columns of a query) others decide.
NAMES_MAX = 10_000
# Places of a table whose columns are filled up with nulls: 10 MB as JSON. Sixty columns and 100 names are far below.
CELLS_MAX = 2_000_000
_BYTES_OF_A_NAME = 5  # "a":1


def check(body: bytes) -> None:
    """Raises Rejected(TOO_LARGE) for a body with too many objects and lists."""
    # Opening brackets are counted, also those in texts: a scan of memory, which a short body does not need.
    if len(body) > 2 * CONTAINERS_MAX and body.count(b"{") + body.count(b"[") > CONTAINERS_MAX:
        raise Rejected(Reason.TOO_LARGE, f"$: more than {CONTAINERS_MAX:,} objects and lists")


def check_names(body: bytes, value: Any) -> None:
    """Raises Rejected(TOO_LARGE) if an object in a value has too many names. `body`: what the value was read from."""
    if len(body) < NAMES_MAX * _BYTES_OF_A_NAME:
        return
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            if len(one) > NAMES_MAX:
                raise Rejected(Reason.TOO_LARGE, f"$: an object with more than {NAMES_MAX:,} names")
            one = one.values()
        waiting += [inner for inner in one if type(inner) is dict or type(inner) is list]


def check_table(rows: int, columns: int, place: str) -> None:
    """Raises Rejected(TOO_LARGE) for a table with too many cells. `place`: of the table in the body."""
    if rows * columns > CELLS_MAX:
        raise Rejected(Reason.TOO_LARGE, f"{place}: more than {CELLS_MAX:,} places of a table")
