"""What there was before a user connected, as a provider hands it out: day by day, nothing kept, nothing repeated.

Its keys are apart from those of the events: a session that ended before the connection, a sample before it, a bucket
that was over before the hour of it. Made anew for every question, so that ninety days of many users cost nothing until
somebody asks for a day of one.
"""

from collections.abc import Iterator

from streams.events import DAY_MS, HOUR_MS
from streams.simulator.bodies import kinds, series, summaries
from streams.simulator.bodies.pieces import Json
from streams.simulator.people.links import Link, Source
from streams.simulator.people.physiology import local_day, midnight_ms
from streams.simulator.people.population import Person

# Days that a provider gives at most (domain file, 5.2); everybody else gives what is asked for.
_MOST_DAYS = {"strava": 14, "apple_health_kit": 30, "dexcom_v3": 30, "cronometer": 28}
_MOST_DAYS_OF = {("fitbit", name): 14 for name in ("heartrate", "steps", "calories_active")}
_NO_HISTORY = frozenset({"labcorp"})  # a laboratory is nothing that a user connects
EVERY = 3  # of the samples of a curve: what is old is kept coarser, and a demo need not be a load test


def days_back(link: Link, resource: str, days: int) -> int:
    """How many days of a resource this provider gives when so many are asked for."""
    slug = link.provider.slug
    return min(days, _MOST_DAYS.get(slug, days), _MOST_DAYS_OF.get((slug, resource), days))


def days_of(person: Person, link: Link, resource: str, days: int, connected_ms: int) -> range:
    """Local days, as days since 1970, that hold something of the history; the first and the last one in part."""
    if not days or link.provider.slug in _NO_HISTORY:
        return range(0)
    begin_ms = connected_ms - days_back(link, resource, days) * DAY_MS
    return range(local_day(person, begin_ms), local_day(person, connected_ms) + 1)


def samples_of_day(
    person: Person, link: Link, source: Source, resource: str, day: int, days: int, connected_ms: int
) -> Json | None:
    """`$.data` of a local day's samples of one source; None where there are none."""
    begin_ms = connected_ms - days_back(link, resource, days) * DAY_MS
    end_ms = connected_ms // HOUR_MS * HOUR_MS - 1 if resource in kinds.BUCKETS else connected_ms
    since_ms = max(midnight_ms(person, day) - 1, begin_ms)
    until_ms = min(midnight_ms(person, day + 1) - 1, end_ms)
    return series.past(person, source, resource, since_ms, until_ms, EVERY) if since_ms < until_ms else None


def summaries_of_day(
    person: Person, link: Link, source: Source, resource: str, day: int, days: int, connected_ms: int
) -> Iterator[tuple[int, Json]]:
    """(end, object) of what a local day brought, as far as it lies within the history."""
    begin_ms = connected_ms - days_back(link, resource, days) * DAY_MS
    for ended_ms, data in summaries.past(person, source, resource, day):
        if begin_ms < ended_ms <= connected_ms:
            yield ended_ms, data
