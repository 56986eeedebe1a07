"""Users and resources in a person's words. Pure."""

import difflib
import re
import uuid

from streams.events import RESOURCES, ids, resources
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Misconfigured

# What else rows call a resource: things of control, of labs and of what nobody knows.
CONTROL = ("connection", "device", "order", "appointment", "result", "match_review", "parsing_job", "order_tracking")
OTHERS = ("result_table", "quote", "session", "other")
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}|\(odd\)", re.ASCII)
_NEAR = 3


def user_asked(text: str) -> str:
    """A user id or a client user id, in its one spelling. Raises Misconfigured for what is neither."""
    text = text.strip(" \t\r\n")
    if not text:
        raise Misconfigured("no user: give the user id, or the id that your app gave the user")
    if len(text) > ID_CHARS_MAX:
        raise Misconfigured(f"no user: no id has more than {ID_CHARS_MAX} characters, and this one has {len(text):,}")
    if not text.isprintable():  # control characters, halves of surrogate pairs
        raise Misconfigured("no user: the id has characters that cannot be printed")
    return ids.canonical(text)


def user_id_asked(text: str) -> str:
    """A user id, in its one spelling. Raises Misconfigured for what is none, as for a client user id of nobody."""
    found = user_asked(text)
    try:
        uuid.UUID(found)
    except ValueError:
        raise Misconfigured(
            "that is no user id, which is a UUID, and the index in STREAMS_LINEAGE_DIR knows no user to whom your app "
            "gave it: what came in the last five minutes it may not have yet"
        ) from None
    return found


def entity_asked(text: str) -> str:
    """The id of a summary in its one spelling; "" for any. Raises Misconfigured for what is none."""
    text = text.strip(" \t\r\n")
    if len(text) > ID_CHARS_MAX or not text.isprintable():
        raise Misconfigured(f"no id of a summary has such characters, or more than {ID_CHARS_MAX} of them")
    return ids.canonical(text)


def resource_asked(text: str) -> str:
    """The name of a resource by any of its names. Raises Misconfigured for what looks like none."""
    name = resources.normalise(text.strip(" \t\r\n"))
    if not _NAME.fullmatch(name):
        raise Misconfigured("no resource is called like that: their names are like sleep, heartrate or body_fat")
    return name


def unknown_resource(name: str) -> Misconfigured | None:
    """What is said of a name that nothing has; None for one that is documented."""
    known = [*RESOURCES, *CONTROL, *OTHERS]
    if name in known:
        return None
    near = ", ".join(difflib.get_close_matches(name, known, _NEAR))
    return Misconfigured(f"no resource {name} is known{f': did you mean {near}?' if near else ''}")
