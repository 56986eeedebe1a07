"""Verdicts of a whole timeseries event: the hour blocks its samples touch, and the verdict of each sample."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from streams.events import EPOCH, HOUR_US, MICRO
from streams.payloads import Columns, Series
from streams.tables import hour_blocks
from streams.tables.keys import state_key
from streams.tables.sources import Maker
from streams.tables.verdicts import EMITTED, Verdict

Read = Callable[[bytes], bytes | None]
Write = Callable[[bytes, bytes], None]


@dataclass(slots=True)
class SampleVerdicts:
    """`verdicts`: one a sample. `conflicts`: ties of versions with different content, whichever side won.

    `counts`: samples by verdict. `hours`: those with a block of these samples; `fresh`: those that had none before.
    `is_outdated`: some of it was known from a delivery that is as new or newer.
    """

    verdicts: list[Verdict]
    conflicts: int
    counts: dict[Verdict, int]
    hours: list[int]
    fresh: set[int]
    is_outdated: bool

    @classmethod
    def of(
        cls, verdicts: list[Verdict], conflicts: int, hours: list[int], fresh: set[int], is_outdated: bool
    ) -> "SampleVerdicts":
        first, n = verdicts[0], len(verdicts)
        counts = {first: n} if verdicts.count(first) == n else dict(Counter(verdicts))
        return cls(verdicts, conflicts, counts, hours, fresh, is_outdated or Verdict.STALE in counts)

    def emitted(self) -> Sequence[int]:
        """Places of the samples that are emitted."""
        if len(self.counts) == 1:
            return range(len(self.verdicts)) if self.verdicts[0] in EMITTED else ()
        return [place for place, verdict in enumerate(self.verdicts) if verdict in EMITTED]

    def strongest(self, places: Iterable[int]) -> Verdict:
        """The verdict of a record that holds these samples."""
        if len(self.counts) == 1:
            return self.verdicts[0]
        return max({self.verdicts[place] for place in places}, key=EMITTED.index)


def judge(series: Series, delivery_ms: int, read: Read, write: Write) -> SampleVerdicts:
    """Compare every sample with its hour block; blocks that change are written back."""
    verdicts, conflicts = [Verdict.SAME] * len(series.columns), 0
    touched, fresh, is_outdated = list[int](), set[int](), False
    kind = hour_blocks.NUMBERS if series.is_numeric else hour_blocks.HASHES
    for extra, places in _by_extra(series):
        winners, lost = _one_per_time(series.columns, places, verdicts)
        conflicts += lost
        columns = series.columns if len(winners) == len(series.columns) else series.columns.take(winners)
        for hour, first, last in hours(columns.times_us):
            key = block_key(series, extra, hour)
            before = read(key)
            touched.append(hour)
            if before is None:
                fresh.add(hour)
            offsets_us = [time_us - hour * HOUR_US for time_us in columns.times_us[first:last]]
            folded = hour_blocks.fold(
                before, kind, delivery_ms, offsets_us, columns.contents[first:last], columns.tags[first:last]
            )
            if folded.state is None:
                is_outdated = True
            else:
                write(key, folded.state)
            conflicts += folded.conflicts
            if len(winners) == len(verdicts):
                verdicts[first:last] = folded.verdicts
            else:
                for place, verdict in zip(winners[first:last], folded.verdicts, strict=True):
                    verdicts[place] = verdict
    return SampleVerdicts.of(verdicts, conflicts, touched, fresh, is_outdated)


def block_key(series: Series, extra: tuple[str, ...], hour: int, maker: Maker | None = None) -> bytes:
    """Key of an hour block (product contract, section 4). `hour`: hours since 1970, UTC. `maker`: another source."""
    provider, kind = maker or (series.source.provider, series.source.type)
    return state_key(series.event.user_id, series.row.name, provider, kind, *extra, str(hour))


def hours(times_us: list[int]) -> Iterator[tuple[int, int, int]]:
    """(hour, first place, place behind the last) for each hour of sorted times."""
    first, n = 0, len(times_us)
    while first < n:
        hour = times_us[first] // HOUR_US
        last = bisect_left(times_us, (hour + 1) * HOUR_US, first)
        yield hour, first, last
        first = last


def times_shown(times_us: list[int]) -> list[str]:
    """Times of samples for people, RFC 3339 in UTC, exact."""
    return [(EPOCH + time_us * MICRO).isoformat() for time_us in times_us]


def _by_extra(series: Series) -> Iterator[tuple[tuple[str, ...], Sequence[int]]]:
    """Places of samples by the parts that join the documented key."""
    everything = range(len(series.columns))
    if not series.row.key_extra:
        yield (), everything
        return
    groups: dict[tuple[str, ...], list[int]] = {}
    for place in everything:
        groups.setdefault(series.key_extra(place), []).append(place)
    yield from groups.items()


def _one_per_time(columns: Columns, places: Sequence[int], verdicts: list[Verdict]) -> tuple[Sequence[int], int]:
    """(places of the winners, conflicts) where one event names a time twice: the greater of (tag, content) wins.

    Times are sorted, so that repetitions are neighbours. The verdict of a loser is set here.
    """
    times_us = columns.times_us
    if len(set(times_us)) == len(times_us):
        return places, 0
    winners: dict[int, int] = {}
    conflicts = 0
    for place in places:
        other = winners.setdefault(times_us[place], place)
        if other == place:
            continue
        this, that = ((columns.tags[p], columns.contents[p]) for p in (place, other))
        winner, loser = (place, other) if this > that else (other, place)
        winners[times_us[place]] = winner
        verdicts[loser] = Verdict.SAME if this == that else Verdict.STALE
        conflicts += this != that
    return list(winners.values()), conflicts
