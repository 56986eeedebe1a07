"""What each kind of topic holds about people, and for how long it is kept: settings of the layout as sentences."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.events.times import DAY_MS, HOUR_MS, MINUTE_MS
from streams.events.topics import Role, Topic

HOLDS: Mapping[Role, str] = {
    Role.RAW: "events as they came: whole bodies with values, names, e-mail addresses, lab results; signatures",
    Role.QUEUE: "what has to be fetched and how far that is: user, provider, resource, span of time",
    Role.STATE: "who is linked to which provider, devices, preferred sources, users' own alert bounds, comparisons",
    Role.DEAD: "whole bodies of events that could not be read, with the place and the reason",
    Role.MARK: "which dead letter went back, when and where to; nothing about a person",
    Role.CLEAN: "values, with the user's id in each key; alerts and who was notified",
    Role.LINEAGE: "what became of each event: ids, provider, days, verdicts, names of fields, no value",
    Role.CHANGELOG: "the tables of workers and fetchers, row by row",
}
_UNITS = ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (1000, "second"), (1, "millisecond"))


class Stay(NamedTuple):
    """One kind of topic. `until`: a phrase that follows "stays"."""

    role: Role
    topics: tuple[str, ...]
    holds: str
    until: str


def stays(layout: Iterable[Topic]) -> list[Stay]:
    """One row a role, in the order of the layout."""
    rows: dict[tuple[Role, str], list[str]] = {}
    for topic in layout:
        rows.setdefault((topic.role, until(topic.config)), []).append(topic.name)
    return [Stay(role, tuple(names), HOLDS[role], phrase) for (role, phrase), names in rows.items()]


def until(config: Mapping[str, str]) -> str:
    """For how long Kafka keeps a record, as a phrase, by the settings of its topic."""
    if config["cleanup.policy"] == "compact":
        lag = span(int(config["max.compaction.lag.ms"]))
        return f"the newest record of each key for ever, what it replaced or deleted for up to {lag}"
    kept, segment = span(int(config["retention.ms"])), span(int(config["segment.ms"]))
    return f"{kept}, and up to {segment} more, because Kafka deletes whole segments"


def span(ms: int) -> str:
    """Milliseconds in the largest unit that has no rest, as "90 days"; "for ever" for Kafka's -1."""
    if ms < 0:
        return "for ever"
    n, unit = next((ms // size, name) for size, name in _UNITS if ms % size == 0)
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"
