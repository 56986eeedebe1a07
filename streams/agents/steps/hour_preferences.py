"""Which source's interval samples to take in an hour, and the record of `preferences` where several have some.

The hour blocks know who has samples in an hour. Beside them each user and resource has one row with all its sources, so
that a user with one source costs one read, and no state an hour.

Samples are not emitted again when a better source appears: that would double what two sources send, and blocks do not
keep the ends and attributes of a record. One record of `preferences` stands for all samples of the hour.
"""

from datetime import timedelta

from streams.agents.steps.incoming import Incoming
from streams.events import EPOCH, HOUR_US, topics
from streams.payloads import Series
from streams.tables import Maker, SampleVerdicts, hour_blocks, sources, state_key
from streams.tables.samples import block_key

TABLE = "samples"
SOURCES = b"||sources"  # ends the key of the row of sources. No block has such a key: no provider is called ""
Preferred = dict[int, bool]  # hour since 1970 → whether this event's source is the one to take


def prefer(incoming: Incoming, series: Series, judged: SampleVerdicts) -> Preferred | bool:
    """Whether this source is preferred; True where there is no other at all. The event's blocks must be written."""
    draft, policy = incoming.draft, incoming.policy
    maker = Maker(series.source.provider, series.source.type)
    others = _others(incoming, series, maker)
    if not others:
        return True
    by_hour: Preferred = {}
    for hour in judged.hours:
        rivals = [
            other for other in others if hour_blocks.is_there(draft.get(TABLE, block_key(series, (), hour, other)))
        ]
        best = policy.best([maker, *rivals])
        by_hour[hour] = best == maker
        if rivals and hour in judged.fresh:
            draft.count("preference_changes", series.row.name)
            _emit(incoming, series, hour, best, {maker, *rivals} - {best})
    return by_hour


def _others(incoming: Incoming, series: Series, maker: Maker) -> list[Maker]:
    """The other sources of this resource. This one is stored, if it is among the best that a row has room for."""
    draft, policy = incoming.draft, incoming.policy
    key = state_key(series.event.user_id, series.row.name) + SOURCES
    makers = sources.decode_makers(draft.get(TABLE, key))
    after = makers if maker in makers else policy.kept((*makers, maker))
    if after != makers:
        draft.put(TABLE, key, sources.encode_makers(after))
    return [other for other in after if other != maker]


def _emit(incoming: Incoming, series: Series, hour: int, best: Maker, others: set[Maker]) -> None:
    """The record of an hour with several sources."""
    start = EPOCH + hour * timedelta(hours=1)
    row = {
        "user_id": series.event.user_id,
        "resource": series.row.name,
        "hour_at": hour * (HOUR_US // 1000),
        "provider": best.provider,
        "type": best.type,
        "priority": incoming.policy.rank(best.type),
        "others": [other._asdict() for other in sorted(others)],
        "delivery_id": incoming.delivery.id,
        "processed_at": incoming.draft.now_ms,
    }
    incoming.emit(topics.PREFERENCES, (series.event.user_id, series.row.name, start.isoformat()[:13]), row)
