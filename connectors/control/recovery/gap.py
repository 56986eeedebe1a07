"""Since when something may be missing: the longest time without a heartbeat of any gateway.

Heartbeats are written once a minute while deliveries arrive. Their topic is compacted, so only the newest days may have
more than one; what is older, a person names.
"""

import time
from collections.abc import Iterable
from contextlib import closing
from itertools import pairwise

from connectors.svix.client import SvixSpan
from streams.events import topics
from streams.kafka.reader import Messages
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

_SHORT_MS = 10 * 60_000  # a quiet time that needs no reason


def longest(times_ms: Iterable[int], now_ms: int) -> SvixSpan | None:
    """The longest time between two heartbeats, or from the last until now (an open one); None for short ones. Pure."""
    ordered = [*sorted(times_ms), now_ms]
    gaps = [(after - before, before, after) for before, after in pairwise(ordered) if after - before > _SHORT_MS]
    if not gaps:
        return None
    _, since_ms, until_ms = max(gaps)
    return SvixSpan(since_ms, None if until_ms == now_ms else until_ms)


def of_heartbeats(settings: Settings) -> SvixSpan:
    """Blocks. Raises Misconfigured where no gap is found, Unavailable."""
    name = f"{settings.topic_prefix}.{topics.HEARTBEATS}"
    with closing(Messages(settings, [name], from_beginning=True, is_lean=True)) as messages:
        times_ms = [message.timestamp()[1] for message in messages.until_now()]
    found = longest(times_ms, int(time.time() * 1000))
    if found is None:
        raise Misconfigured("heartbeats show no time without deliveries: name it with --since (and --until)")
    return found
