"""Places in a body, as they may be shown: names of fields, never a value. Pure.

The names in a map are values too: what somebody ate, what a customer calls a column. A name is shown if it looks like
that of a field and Junction has no map at its place; else it is shown as `{}`.
"""

import re
from collections.abc import Sized

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
CHARS_MAX = 200  # of a place that grows; Junction's deepest known one has 46
_NAMES_MAX = 64  # an object with more of them is a map
# Foods of a meal, columns of a query, and the nutrients of either.
_MAPS = re.compile(r"\$\.data(\[\])?\.data|.*\.(minerals|trace_elements|vitamins)")


def entry(at: str) -> str:
    """The place of the entries of the list at `at`."""
    return at if len(at) > CHARS_MAX else f"{at}[]"


def is_map(at: str, names: Sized) -> bool:
    """Whether the names of the object at this place are values."""
    return len(names) > _NAMES_MAX or _MAPS.fullmatch(at) is not None


def inner(at: str, name: str, *, hidden: bool) -> str:
    """The place of a member of the object at `at`; that of the object itself where the place is too long.

    `hidden`: its names are values.
    """
    if len(at) > CHARS_MAX:
        return at
    return at + (f".{name}" if not hidden and _NAME.fullmatch(name) else "{}")
