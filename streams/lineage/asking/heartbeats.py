"""When gateways took deliveries, and when none did, as far as it is on record.

A gateway that takes deliveries writes a heartbeat a minute (`connectors/webhook/absence`), all with one key of a
compacted topic: Kafka drops the oldest of them, so between two that are left none is missing, and what was before the
first is not known. Of that time the workers' topic has outages that were long enough to lose events, for as long as
queues are kept. That no gateway took anything does not say that none was there: perhaps nothing was sent.
"""

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from typing import NamedTuple

from streams.events import times, topics
from streams.kafka.reader import Messages
from streams.lineage.delivery.absence import QUIET_MS
from streams.lineage.delivery.facts import Heartbeats
from streams.lineage.why.facts import QuietSpan
from streams.lineage.words import moment
from streams.ops.errors import Rejected, Unavailable
from streams.ops.settings import Settings
from streams.tables.history import Outage, progress
from streams.tables.history.outage import RETRIES_S_MIN

TRIED_AGAIN_MS = 45 * times.MINUTE_MS  # by then Junction has tried three times
AT_ONCE_MS = 3 * times.MINUTE_MS  # a heartbeat is written up to a minute after something came
SEARCH_S = 2.0  # for outages, among all that fetchers say
_OUTAGE = b"outage"
_POLL_S = 0.1


class GatewaySigns(NamedTuple):
    """`heard_ms`: heartbeats on record, sorted. `outages`: [from, to) without any, before the first of them: gateways
    noticed them, or a person named them to have them fetched. Unix ms. `unread`: a sentence where not all outages of
    the time that was asked for were read, else ""."""

    heard_ms: tuple[int, ...] = ()
    outages: tuple[tuple[int, int], ...] = ()
    unread: str = ""


def around(signs: GatewaySigns, at_ms: int) -> Heartbeats:
    """The last sign up to a time, and the first behind. Raises Unavailable where none of then are on record. Pure."""
    heard = signs.heard_ms
    newest_ms = heard[-1] if heard else 0
    if heard and heard[0] <= at_ms:
        place = bisect_right(heard, at_ms)
        return Heartbeats(heard[place - 1], heard[place] if place < len(heard) else 0, newest_ms)
    for from_ms, to_ms in signs.outages:
        if from_ms <= at_ms < to_ms:
            return Heartbeats(from_ms, to_ms, newest_ms)
    if not heard and not signs.unread:
        return Heartbeats()
    since = f"heartbeats of gateways go back to {moment(heard[0])}" if heard else "no gateway has written a heartbeat"
    raise Unavailable(f"{since}, and no outage of before is on record{f' ({signs.unread})' if signs.unread else ''}")


def quiet_spans(
    signs: GatewaySigns,
    from_ms: int,
    until_ms: int,
    now_ms: int,
    accepting_since_ms: Sequence[int] = (),
    *,
    all_away: bool = False,
) -> tuple[QuietSpan, ...]:
    """Times in which no gateway took anything and that touch [from_ms, until_ms), by time, whole; the last may last
    until now. `accepting_since_ms`: since when each gateway says that it has accepted, 0 for unknown. `all_away`: there
    are gateways that should answer now, and none does. Pure."""
    heard = signs.heard_ms
    gaps = {*signs.outages, *pairwise((*heard, max((now_ms, *heard[-1:]))))}
    return tuple(
        _quiet(start, end, accepting_since_ms, goes_on=end > max(heard, default=end), all_away=all_away)
        for start, end in sorted(gaps)
        if end - start > QUIET_MS and start < until_ms and from_ms < end
    )


def _quiet(
    from_ms: int, until_ms: int, accepting_since_ms: Sequence[int], *, goes_on: bool, all_away: bool
) -> QuietSpan:
    was_up = _was_up(from_ms, until_ms, accepting_since_ms, is_over=not goes_on)
    if goes_on and all_away and until_ms - from_ms >= RETRIES_S_MIN * 1000:
        was_up = False  # a shorter silence may be a quiet night, and who asks may have lost the way to gateways
    return QuietSpan(from_ms, until_ms, was_up, goes_on)


def _was_up(from_ms: int, until_ms: int, accepting_since_ms: Sequence[int], *, is_over: bool) -> bool | None:
    there_ms = max(from_ms, until_ms - TRIED_AGAIN_MS)  # who began in between: what had failed would have come again
    if any(0 < since_ms <= there_ms for since_ms in accepting_since_ms):
        return True
    # Who began earlier in this time, or later, may have followed another that was there: gateways restarted by turns
    # while nothing was sent. Only where all began and at once something came, it had been waiting for them.
    began_with_it = [until_ms - AT_ONCE_MS <= since_ms <= until_ms for since_ms in accepting_since_ms]
    return False if is_over and began_with_it and all(began_with_it) else None


def signs_since(settings: Settings, from_ms: int) -> GatewaySigns:
    """What is on record of [from_ms, now). Blocks. Raises Unavailable, Misconfigured."""
    name = f"{settings.topic_prefix}.{topics.HEARTBEATS}"
    with closing(Messages(settings, [name], from_beginning=True, partitions=(0,), is_lean=True)) as messages:
        times_ms = (message.timestamp()[1] for message in messages.until_now())
        heard = tuple(sorted({time_ms for time_ms in times_ms if time_ms > 0 and times.in_range(time_ms * 1000)}))
    if heard and heard[0] <= from_ms:
        return GatewaySigns(heard)
    outages, unread = _outages(settings, from_ms)
    return GatewaySigns(heard, _before(outages, heard), unread)


def _before(outages: list[Outage], heard: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Those that end before the heartbeats begin, which know better, or with them."""
    spans = {(one.start_ms, one.end_ms) for one in outages if one.start_ms < one.end_ms}
    return tuple(sorted(span for span in spans if not heard or span[1] <= heard[0] + QUIET_MS))


def _outages(settings: Settings, from_ms: int) -> tuple[list[Outage], str]:
    """Those that end behind `from_ms`, of one partition: each has them all."""
    name = f"{settings.topic_prefix}.{topics.FETCH_PROGRESS}"
    found: list[Outage] = []
    with closing(
        Messages(settings, [name], from_beginning=True, partitions=(0,), since_ms=from_ms, is_lean=True)
    ) as messages:
        deadline_s = time.monotonic() + SEARCH_S
        while not messages.at_end():
            found += _of(messages)
            if time.monotonic() > deadline_s:
                return found, f"in {SEARCH_S:g} s not all of {name} was read"
    return found, ""


def _of(messages: Messages) -> Iterator[Outage]:
    for message in messages.messages(_POLL_S):
        if message.key() != _OUTAGE:
            continue
        try:
            record = progress.decode(message.value() or b"")
        except Rejected:
            continue  # the workers tell of it
        if isinstance(record, Outage):
            yield record
