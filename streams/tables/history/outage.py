"""An outage of our own gateway that is long enough to lose events for good. Pure.

Junction tries each event eight times over 27 h 35 min, each wait 20 % shorter or longer (domain file, 7.4). What was
tried first before the last 22 hours of an absence may be lost; what Junction has can be fetched.
"""

import msgspec

from streams.events import HOUR_S
from streams.tables.history.request import TimeMs

RETRIES_S_MIN = 22 * HOUR_S


class Outage(msgspec.Struct, frozen=True, tag="outage"):
    """No delivery was received between these times (Unix milliseconds). One record a partition of the workers."""

    start_ms: TimeMs
    end_ms: TimeMs


def of(last_heard_ms: int | None, now_ms: int) -> Outage | None:
    """The outage that ends with a delivery at `now_ms`; None if nothing can be lost, or no delivery is known."""
    if last_heard_ms is None or now_ms - last_heard_ms < RETRIES_S_MIN * 1000:
        return None
    return Outage(last_heard_ms, now_ms)


def encode(outage: Outage) -> bytes:
    return msgspec.json.encode(outage)
