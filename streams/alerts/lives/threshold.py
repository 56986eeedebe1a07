"""A user's own bounds for a rule, or time zone: one record of the compacted topic `alert_thresholds`.

JSON, because people and other programs write it too. Key: `user_id:rule`, with an empty rule for the time zone; a
tombstone removes it. Bounds are in the unit of the rule. A record with an unknown field is refused: a misspelt bound,
or one that only a later version understands, would have no effect, and nobody would know.
"""

import math

import msgspec
from msgspec.structs import replace

from streams.alerts.lives.user import PersonalBounds
from streams.alerts.lives.user_clock import is_zone
from streams.events import ids
from streams.events.text import ID_CHARS_MAX
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


def encode(threshold: Threshold) -> bytes:
    return msgspec.json.encode(threshold)


def validated(threshold: Threshold) -> Threshold:
    """The threshold as a worker reads it. Raises Misconfigured for one that no worker accepts."""
    numbers = [one for one in (threshold.bound, threshold.clear) if one is not None]
    try:
        taken, _ = decode(threshold.key, encode(threshold))
    except Rejected as rejected:
        raise Misconfigured(f"no worker would take this: {rejected.detail}") from None
    if not all(map(math.isfinite, numbers)):
        raise Misconfigured("a bound is a number")
    return taken


_decode = msgspec.json.Decoder(Threshold).decode


def decode(key: bytes | None, value: bytes | None) -> tuple[Threshold, bool]:
    """(the threshold; False for a tombstone). Raises Rejected(BAD_SHAPE)."""
    user_id, separator, rule = (key or b"").decode("utf-8", "replace").rpartition(":")
    if not user_id or not separator or max(len(user_id), len(rule)) > ID_CHARS_MAX:
        raise Rejected(Reason.BAD_SHAPE, "alert threshold: the key is not user_id:rule")
    user_id = ids.canonical(user_id)
    if not value:
        return Threshold(user_id, rule), False
    try:
        threshold = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Rejected(Reason.BAD_SHAPE, "alert threshold") from None
    threshold = replace(threshold, user_id=ids.canonical(threshold.user_id))
    if (threshold.user_id, threshold.rule) != (user_id, rule):
        raise Rejected(Reason.BAD_SHAPE, "alert threshold: key and value differ")
    if not rule and not is_zone(threshold.time_zone):
        raise Rejected(Reason.BAD_SHAPE, "alert threshold: no such time zone")
    return threshold, True
