"""Hour by hour: which source's interval samples to take, and the record that says so where more than one has any.

Who has samples in an hour is known by the hour blocks themselves; beside them there is one row for each user and
resource with the sources that ever sent it. So a user with one source costs a look at that row, and no state an hour.

The samples of an hour are not emitted again when a better source appears: that would double what two sources send, and
blocks do not keep the ends and attributes that a record has. One record of `preferences` says it for all of them.
"""

from datetime import timedelta

from streams.agents.steps.incoming import Incoming
from streams.events import topics
from streams.events.times import EPOCH, HOUR_US
from streams.payloads.series import Series
from streams.tables import hour_blocks, sources
from streams.tables.keys import state_key
from streams.tables.samples import SampleVerdicts, block_key
from streams.tables.sources import Maker

TABLE = "samples"
SOURCES = b"||sources"  # the end of the key of a row that is no block: no provider is called ""
Flags = dict[int, bool]  # hour since 1970 → whether this event's source is the one to take


def flags(incoming: Incoming, series: Series, judged: SampleVerdicts) -> Flags | bool:
    """Whether this source is preferred; True where there is no other at all. The event's blocks must be written."""
    draft, policy = incoming.draft, incoming.policy
    maker = Maker(series.source.provider, series.source.type)
    others = _others(incoming, series, maker)
    if not others:
        return True
    by_hour: Flags = {}
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
    """The other sources of this resource; this one is remembered, if it is among the best that a row has room for."""
    draft, policy = incoming.draft, incoming.policy
    key = state_key(series.event.user_id, series.row.name) + SOURCES
    makers = sources.decode_makers(draft.get(TABLE, key))
    after = makers if maker in makers else policy.kept((*makers, maker))
    if after != makers:
        draft.put(TABLE, key, sources.encode_makers(after))
    return [other for other in after if other != maker]


def _emit(incoming: Incoming, series: Series, hour: int, best: Maker, others: set[Maker]) -> None:
    """One record of an hour that has several sources."""
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
