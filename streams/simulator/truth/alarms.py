"""The alerts that must follow from the stories of a world, and whether they did.

It shares nothing with `streams.alerts`: it looks at the bodies themselves, with a loop a rule.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from streams.events import MINUTE_MS
from streams.simulator.people.stories import CALM_ABOVE, LOW_BELOW, RUN_MS, SILENT_MS


class Alarm(NamedTuple):
    """An alert that has to be there in the end. Times in µs; `ended_us` is None for one that stays open."""

    rule: str
    user_id: str
    first_us: int
    opened_us: int
    ended_us: int | None


@dataclass
class Comparison:
    """`stories`: what there must be. `lost`: not there, or with other times. `unexpected`: there without a story."""

    stories: list[Alarm]
    lost: list[Alarm]
    unexpected: list[Alarm]

    @property
    def is_right(self) -> bool:
        return bool(self.stories) and not self.lost and not self.unexpected


def compare(events: Iterable[Any], alerts: Iterable[Mapping[str, Any]]) -> Comparison:
    """`events`: of a world with stories; `alerts`: decoded records of the topic, in order for each id."""
    wanted = sorted(expected(events))
    last = {one["id"]: one for one in alerts}
    there = sorted(_alarm(one) for one in last.values() if one["resolution"] != "corrected")
    return Comparison(wanted, [one for one in wanted if one not in there], [one for one in there if one not in wanted])


def _alarm(alert: Mapping[str, Any]) -> Alarm:
    times = [None if alert[name] is None else _us(alert[name]) for name in ("first_at", "opened_at", "resolved_at")]
    return Alarm(alert["rule"], alert["user_id"], times[0] or 0, times[1] or 0, times[2])


def _us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def expected(events: Iterable[Any]) -> list[Alarm]:
    """What the rules above have to find in these events. Glucose in local time of an unknown zone is left out."""
    values: dict[str, dict[int, float]] = {}
    created: dict[str, set[int]] = {}
    for event in events:
        if not event.event_type.startswith("daily.data.glucose."):
            continue
        data = msgspec.json.decode(event.body)["data"]
        created.setdefault(event.user_id, set()).add(event.created_at_ms // MINUTE_MS * MINUTE_MS)
        for sample in data["data"]:
            moment = _us(datetime.fromisoformat(sample["timestamp"]))
            values.setdefault(event.user_id, {})[moment] = sample["value"]
    alarms = [alarm for user_id, known in values.items() for alarm in _lows(user_id, known)]
    return alarms + [alarm for user_id, times in created.items() for alarm in _silences(user_id, sorted(times))]


def _lows(user_id: str, known: Mapping[int, float]) -> Iterator[Alarm]:
    first: int | None = None
    opened: tuple[int, int] | None = None
    for at_us, value in sorted(known.items()):
        if opened and value >= CALM_ABOVE:
            yield Alarm("glucose-low", user_id, *opened, at_us)
            opened = first = None
        elif not opened and value < LOW_BELOW:
            if first is not None and at_us - first <= RUN_MS * 1000:
                opened = (first, at_us)
            first = at_us
        elif not opened and value >= CALM_ABOVE:
            first = None
    if opened:
        yield Alarm("glucose-low", user_id, *opened, None)


def _silences(user_id: str, times: list[int]) -> Iterator[Alarm]:
    for before, after in pairwise(times):
        if after - before > SILENT_MS:
            yield Alarm("glucose-silent", user_id, before * 1000, (before + SILENT_MS) * 1000, after * 1000)
