"""All attempts of all roles at one Kafka, and what did not come out as it has to."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from streams.demo.rights.attempts import HARMFUL, Attempt, What, attempts
from streams.demo.rights.broker import Broker
from streams.events.parts import Part
from streams.kafka.logins import Logins
from streams.ops.settings import Settings

AT_ONCE = 4


class Trial(NamedTuple):
    """One attempt as one role. `is_let`: None where it was not tried, or Kafka did not answer."""

    part: Part
    attempt: Attempt
    is_let: bool | None

    @property
    def is_right(self) -> bool:
        return self.is_let is self.attempt.is_allowed


def matrix(by_part: Mapping[Part, Settings], logins: Logins, *, spares_running: bool) -> list[Trial]:
    """`by_part`: settings with the login of each role. `spares_running`: what is allowed and would disturb processes
    that run is left out; that they run shows it."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rights") as pool:
        found = pool.map(lambda one: _of(one[0], one[1], logins, spares_running=spares_running), by_part.items())
        return [trial for trials in found for trial in trials]


def counts(trials: Sequence[Trial]) -> dict[str, int]:
    """How many there were, how many of them Kafka refused, and how many are not as the rights say."""
    refused, wrong = (one.is_let is False for one in trials), (not one.is_right for one in trials)
    return {"tried": len(trials), "refused": sum(refused), "wrong": sum(wrong)}


def _of(part: Part, settings: Settings, logins: Logins, *, spares_running: bool) -> list[Trial]:
    (principal,) = logins.by_part[part]
    rights = logins.rights(settings)[principal]
    wanted = attempts(settings.topic_prefix, settings.group_id, rights, logins.names)
    if spares_running:
        wanted = [one for one in wanted if not (one.is_allowed and one.what in HARMFUL)]
    broker = Broker(settings)
    by_what = attrgetter("what")
    return [
        trial
        for what, ones in groupby(sorted(wanted, key=by_what), by_what)
        for trial in _tried(part, broker, what, list(ones))
    ]


def _tried(part: Part, broker: Broker, what: What, ones: list[Attempt]) -> list[Trial]:
    seen = broker.tried(what, [one.name for one in ones])
    return [Trial(part, one, seen.get(one.name)) for one in ones]
