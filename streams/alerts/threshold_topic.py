"""Users' own bounds: written to, and read from, the compacted topic `alert_thresholds`."""

from collections.abc import Iterable
from contextlib import closing

from msgspec.structs import replace

from streams.alerts.lives import threshold as owns
from streams.alerts.lives.threshold import Threshold
from streams.alerts.lives.user import PersonalBounds
from streams.events import ids, topics
from streams.events.partitions import partition_for
from streams.kafka.reader import Messages
from streams.kafka.send import send
from streams.ops.errors import Rejected
from streams.ops.settings import Settings


def write(settings: Settings, own: Threshold, *, take_back: bool = False) -> None:
    """Put it where the workers read it, or take it back. Raises Unavailable, Misconfigured."""
    own = replace(own, user_id=ids.canonical(own.user_id))
    value = None if take_back else owns.encode(own)
    partition = partition_for(own.user_id, settings.partitions)
    send(settings, [(_topic(settings), own.key, value, partition)], "the threshold")


def read(settings: Settings) -> list[Threshold]:
    """Those that count now, sorted. Raises Unavailable."""
    newest: dict[bytes, Threshold | None] = {}
    with closing(Messages(settings, [_topic(settings)], from_beginning=True)) as messages:
        for one in messages.until_now():
            try:
                own, is_given = owns.decode(one.key(), one.value())
            except Rejected:  # the worker has made a dead letter of it, and goes by the one before
                messages.pass_over(one, "no threshold")
                continue
            newest[own.key] = own if is_given else None
    return sorted((own for own in newest.values() if own is not None), key=lambda own: own.key)


def _topic(settings: Settings) -> str:
    return f"{settings.topic_prefix}.{topics.ALERT_THRESHOLDS}"


def by_user(owns: Iterable[Threshold]) -> tuple[dict[tuple[str, str], PersonalBounds], dict[str, str]]:
    """(bounds by user and rule, zones by user)."""
    given = list(owns)
    bounds = {(own.user_id, own.rule): own.personal for own in given if own.rule}
    return bounds, {own.user_id: own.time_zone for own in given if not own.rule}
