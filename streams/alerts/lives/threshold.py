"""A user's own bounds for a rule, or time zone: one record of the compacted topic `alert_thresholds`.

JSON, because people and other programs write it too. Key: `user_id:rule`, with an empty rule for the time zone; a
tombstone takes it back. Bounds are in the unit of the rule. A field that is not known is refused, and with it the
record: a bound that is misspelt, or that only a later version understands, would be no bound, and nobody would know.
"""

import math

import msgspec
from msgspec.structs import replace

from streams.alerts.lives.user import PersonalBounds
from streams.alerts.lives.user_clock import is_zone
from streams.events import ids
from streams.events.text.body_bounds import ID_CHARS_MAX
from streams.ops.errors import Misconfigured, Reason, Rejected


class Threshold(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`bound` and `clear` replace the rule's. `is_off`: the rule is not for this user."""

    user_id: str
    rule: str = ""
    bound: float | None = None
    clear: float | None = None
    is_off: bool = False
    time_zone: str = ""

    @property
    def key(self) -> bytes:
        return f"{self.user_id}:{self.rule}".encode()

    @property
    def personal(self) -> PersonalBounds:
        return PersonalBounds(self.bound, self.clear, self.is_off)


def encode(own: Threshold) -> bytes:
    return msgspec.json.encode(own)


def validated(own: Threshold) -> Threshold:
    """What a person asks for, if a worker takes it: else it would be no bound, in silence. Raises Misconfigured."""
    numbers = [one for one in (own.bound, own.clear) if one is not None]
    try:
        taken, _ = decode(own.key, encode(own))
    except Rejected as rejected:
        raise Misconfigured(f"no worker would take this: {rejected.detail}") from None
    if not all(map(math.isfinite, numbers)):
        raise Misconfigured("a bound is a number")
    return taken


_decode = msgspec.json.Decoder(Threshold).decode


def decode(key: bytes | None, value: bytes | None) -> tuple[Threshold, bool]:
    """(whose and what, whether it is given, not taken back). Raises Rejected(BAD_SHAPE)."""
    user_id, separator, rule = (key or b"").decode("utf-8", "replace").rpartition(":")
    if not user_id or not separator or max(len(user_id), len(rule)) > ID_CHARS_MAX:
        raise Rejected(Reason.BAD_SHAPE, "alert threshold: the key is not user_id:rule")
    user_id = ids.canonical(user_id)
    if not value:
        return Threshold(user_id, rule), False
    try:
        own = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Rejected(Reason.BAD_SHAPE, "alert threshold") from None
    own = replace(own, user_id=ids.canonical(own.user_id))
    if (own.user_id, own.rule) != (user_id, rule):
        raise Rejected(Reason.BAD_SHAPE, "alert threshold: key and value differ")
    if not rule and not is_zone(own.time_zone):
        raise Rejected(Reason.BAD_SHAPE, "alert threshold: no such time zone")
    return own, True
