"""The nouns: a scenario, its rules, and the schedule that a seed makes of them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

Act = Callable[[Any, Random], None]  # (Stage, chance): does something nasty; blocks for as long as it lasts


@dataclass(frozen=True)
class Every:
    """An act again and again: gaps in seconds are drawn from `low_s` to `high_s`. `first_s`: the earliest."""

    low_s: float
    high_s: float
    act: Act
    first_s: float = 3.0


@dataclass(frozen=True)
class Once:
    """An act at a share (0 to 1) of the load's time."""

    share: float
    act: Act


def nothing() -> None:
    """No reason to skip."""


@dataclass(frozen=True)
class Scenario:
    """`sentence`: what is done. `flags`: of tests.chaos.worker, `fetcher_flags` and `sink_flags`: of others; with
    any of them, or with a broken engine, that program runs in the product's place. `rate`: deliveries per second.
    `setup`: before services start, undone by the stage. `skip`: why it cannot run here, None if it can. `alert_rules`:
    TOML; timers then get time to fire. `fetchers`: so many fetch the history of a small world from a fake API that
    answers badly (`history`), which sets the rate too. `sinks`: so many write into a PostgreSQL, which has a disk of
    `database_mib` for itself, 0: the common one. `record_bytes_max`: of topics and clients, 0 for what a setting says;
    then poison is what fits into a record as it comes, and not as it leaves."""

    name: str
    sentence: str
    rules: tuple[Every | Once, ...]
    workers: int = 1
    nodes: int = 1
    rate: float = 150.0
    flags: tuple[str, ...] = ()
    fetcher_flags: tuple[str, ...] = ()
    is_proxied: bool = False
    poison: float = 0.0
    record_bytes_max: int = 0
    setup: Act | None = None
    alert_rules: str = ""
    fetchers: int = 0
    sinks: int = 0
    sink_flags: tuple[str, ...] = ()
    database_mib: int = 0
    skip: Callable[[], str | None] = nothing


class Planned(NamedTuple):
    """A fault to be: seconds after the first delivery, and the seed of its own chance."""

    at_s: float
    act: Act
    seed: int


def plan(scenario: Scenario, seed: int, seconds: float) -> list[Planned]:
    """The schedule of faults, sorted. The same arguments give the same schedule."""
    chance = Random(f"{seed}/{scenario.name}")
    planned: list[Planned] = []
    for rule in scenario.rules:
        times = [rule.share * seconds] if isinstance(rule, Once) else _times(rule, chance, seconds)
        planned += [Planned(at_s, rule.act, chance.getrandbits(32)) for at_s in times]
    return sorted(planned, key=lambda one: one.at_s)


def _times(rule: Every, chance: Random, seconds: float) -> list[float]:
    times, at_s = [], rule.first_s
    while at_s < seconds:
        times.append(at_s)
        at_s += chance.uniform(rule.low_s, rule.high_s)
    return times
