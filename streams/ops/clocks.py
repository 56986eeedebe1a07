"""How far another system's clock is from ours, told in a line. Pure.

Junction signs each delivery with a time, and the gateway refuses one that is too old or too new.
"""

from streams.ops.lines import Line, look_at, ok, wrong

ABOUT = "clock"
LOOK_AT_S = 30.0
CHANGE = "look whether NTP runs on this machine and on that one (`timedatectl`)"


def clock(whose: str, theirs_ms: float, ours_ms: tuple[float, float], *, grain_ms: float, tolerance_s: float) -> Line:
    """Of a clock that was read between two readings of ours, Unix milliseconds.

    `grain_ms`: how coarse theirs is told, rounded down. `tolerance_s`: what the gateway grants a delivery.
    """
    before, after = ours_ms
    ahead_ms, behind_ms = theirs_ms - after, before - (theirs_ms + grain_ms)  # what is certain of it
    off_s = max(ahead_ms, behind_ms, 0.0) / 1000
    if off_s <= LOOK_AT_S:
        return ok(ABOUT, f"{whose} has our time, within {max(off_s, (after - before + grain_ms) / 1000):.1f} s")
    way = "ahead of" if ahead_ms > 0 else "behind"
    found = f"{whose} is {_span(off_s)} {way} this machine"
    if off_s <= tolerance_s:
        return look_at(ABOUT, found, CHANGE)
    refused = f"the gateway refuses deliveries that are {tolerance_s:.0f} s off (STREAMS_SIGNATURE_TOLERANCE_S)"
    return wrong(ABOUT, f"{found}, and {refused}", CHANGE)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
