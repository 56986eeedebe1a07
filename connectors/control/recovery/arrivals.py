"""What arrived: deliveries of messages that were made in the time that was missed, in the raw topics.

A message's id says when it was made (`events.message_ids`), and is the same on every attempt.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

from connectors.svix.client import SvixSpan
from streams.events import H_ID, H_RECEIVED, ksuid_time_ms, millis, topics
from streams.kafka.reader import Messages
from streams.ops.settings import Settings


class Arrival(NamedTuple):
    """A delivery. `at_ms`: when it came."""

    id: str
    at_ms: int


@dataclass(slots=True)
class Arrived:
    """Messages of the time that was missed. `known`: had come before the recovery began, and came again."""

    before: set[str] = field(default_factory=set, repr=False)
    since: set[str] = field(default_factory=set, repr=False)

    @property
    def known(self) -> int:
        return len(self.since & self.before)

    @property
    def new(self) -> int:
        return len(self.since - self.before)


def count(arrivals: Iterable[Arrival], span: SvixSpan, began_ms: int) -> Arrived:
    """Pure. Ids of another form say no time, and are not counted."""
    found, end_ms = Arrived(), began_ms if span.until_ms is None else span.until_ms
    for one in arrivals:
        made_ms = ksuid_time_ms(one.id)
        if made_ms is not None and span.since_ms <= made_ms < end_ms:
            (found.since if one.at_ms >= began_ms else found.before).add(one.id)
    return found


def read(settings: Settings, span: SvixSpan, began_ms: int) -> Arrived:
    """Blocks; reads the raw topics from the beginning of the span on. Raises Misconfigured, Unavailable."""
    names = [f"{settings.topic_prefix}.{name}" for name in topics.RAW]
    with closing(Messages(settings, names, from_beginning=True, since_ms=span.since_ms, is_lean=True)) as messages:
        found = (_arrival(message.headers(), message.timestamp()[1]) for message in messages.until_now())
        return count(found, span, began_ms)


def _arrival(headers: list[tuple[str, bytes]] | None, stored_ms: int) -> Arrival:
    given = dict(headers or ())
    received_ms = millis(given.get(H_RECEIVED, b"").decode("latin-1"))
    return Arrival(given.get(H_ID, b"").decode("latin-1"), stored_ms if received_ms is None else received_ms)


class Waiting(NamedTuple):
    """Until nothing more comes for `quiet_s`, or for `wait_s` in all. `for_some`: quiet before the first is no end."""

    quiet_s: float
    wait_s: float
    for_some: bool = False


async def until_quiet(settings: Settings, span: SvixSpan, began_ms: int, waiting: Waiting) -> Arrived:
    """Reads again and again. It may be cancelled between two readings: a thread that slept would keep the program."""
    found, ends_s = await asyncio.to_thread(read, settings, span, began_ms), time.monotonic() + waiting.wait_s
    while time.monotonic() < ends_s:
        await asyncio.sleep(waiting.quiet_s)
        before, found = len(found.since), await asyncio.to_thread(read, settings, span, began_ms)
        if len(found.since) == before and (found.since or not waiting.for_some):
            break
    return found
