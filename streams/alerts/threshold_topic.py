"""Users' own bounds: written to, and read from, the compacted topic `alert_thresholds`."""

from collections.abc import Iterable
from contextlib import closing

from msgspec.structs import replace

from streams.alerts.lives import PersonalBounds, Threshold
from streams.alerts.lives import threshold as codec
from streams.events import ids, partition_for, topics
from streams.kafka.reader import Messages
from streams.kafka.send import send
from streams.ops.errors import Rejected
from streams.ops.settings import Settings


def write(settings: Settings, threshold: Threshold, *, take_back: bool = False) -> None:
    """Write a threshold, or its tombstone. Raises Unavailable, Misconfigured."""
    threshold = replace(threshold, user_id=ids.canonical(threshold.user_id))
    value = None if take_back else codec.encode(threshold)
    partition = partition_for(threshold.user_id, settings.partitions)
    send(settings, [(_topic(settings), threshold.key, value, partition)], "the threshold")


def read(settings: Settings) -> list[Threshold]:
    """All that count now, sorted by key. Raises Unavailable."""
    newest: dict[bytes, Threshold | None] = {}
    with closing(Messages(settings, [_topic(settings)], from_beginning=True)) as messages:
        for one in messages.until_now():
            try:
                threshold, is_given = codec.decode(one.key(), one.value())
            except Rejected:  # a dead letter for the worker, which keeps the one before
                messages.pass_over(one, "no threshold")
                continue
            newest[threshold.key] = threshold if is_given else None
    return sorted(
        (threshold for threshold in newest.values() if threshold is not None), key=lambda threshold: threshold.key
    )


def _topic(settings: Settings) -> str:
    return f"{settings.topic_prefix}.{topics.ALERT_THRESHOLDS}"


def by_user(thresholds: Iterable[Threshold]) -> tuple[dict[tuple[str, str], PersonalBounds], dict[str, str]]:
    """(bounds by user and rule, zones by user)."""
    given = list(thresholds)
    bounds = {(threshold.user_id, threshold.rule): threshold.personal for threshold in given if threshold.rule}
    return bounds, {threshold.user_id: threshold.time_zone for threshold in given if not threshold.rule}
