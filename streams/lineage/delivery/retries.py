"""When Junction sends a delivery again that nobody took: Svix's schedule (domain file, 7.4). Pure."""

from itertools import accumulate
from typing import NamedTuple

from streams.events.times import HOUR_S, MINUTE_S

# Between attempts, in seconds; each is up to a fifth shorter or longer.
WAITS_S = (5, 5 * MINUTE_S, 30 * MINUTE_S, 2 * HOUR_S, 5 * HOUR_S, 10 * HOUR_S, 10 * HOUR_S)
ATTEMPTS = len(WAITS_S) + 1
_JITTER_PERCENT = 20
_LATE_S = 60  # the first one may wait in Svix' queue, an attempt takes up to 15 s, and a refusal may ask for later


class NextTry(NamedTuple):
    """One attempt that is still to come. `number`: of ATTEMPTS, from 1. Unix ms, the earliest and the latest."""

    number: int
    from_ms: int
    to_ms: int


def tries(made_ms: int) -> tuple[NextTry, ...]:
    """All attempts of a delivery that was made then, the first at once."""
    sums_s = accumulate(WAITS_S, initial=0)
    return tuple(
        NextTry(
            number,
            made_ms + total_s * (100 - _JITTER_PERCENT) * 10,
            made_ms + total_s * (100 + _JITTER_PERCENT) * 10 + _LATE_S * 1000,
        )
        for number, total_s in enumerate(sums_s, 1)
    )


def next_try(made_ms: int, now_ms: int, seen_ms: int = 0) -> NextTry | None:
    """The attempt that comes next; None where all are over. `seen_ms`: the last one that reached us, 0 for none."""
    after = max((one.number for one in tries(made_ms) if 0 < one.from_ms <= seen_ms), default=0)
    return next((one for one in tries(made_ms) if one.number > after and one.to_ms > now_ms), None)


def again_by_ms(from_ms: int, until_ms: int) -> int | None:
    """By when all that failed in [from_ms, until_ms) has come again behind it, Unix ms; None where the last attempt
    may lie within."""
    behind = next((one for one in tries(from_ms) if one.from_ms >= until_ms), None)
    return None if behind is None else until_ms + behind.to_ms - from_ms  # what was made later waits no longer


def last_try_ms(made_ms: int) -> int:
    """When the last attempt is over at the latest, Unix ms."""
    return tries(made_ms)[-1].to_ms
