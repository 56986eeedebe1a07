"""`alerts test`: rules over the clean topics as they are. One partition after the other: memory stays bounded."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from streams import alert_bounds, alert_rules, ids, topics
from streams.alerting.rules import DAY_US, Rules
from streams.alerting.trial import Fired, Record, Trial, made
from streams.errors import Misconfigured
from streams.reader import Reader
from streams.settings import Settings

LEARN_DAYS = 35  # read before the time that is asked for: baselines and cadences have to be learned
_WITH_ZONE = ("activity", "sleep", "workouts", "electrocardiogram")  # where a user's time zone is said


@dataclass(frozen=True)
class Options:
    """`since_us`: alerts that opened before it are not shown. `user_id`: "" for all. `history`: fetched data count."""

    since_us: int
    user_id: str = ""
    history: bool = False


@dataclass(frozen=True)
class Outcome:
    """`users`: by rule, how many users had data that it looks at. `records`: read in all."""

    rules: Rules
    fired: list[Fired]
    users: dict[str, int]
    records: int
    weeks: float


def run(settings: Settings, file: Path, options: Options, say: Callable[[str], None]) -> Outcome:
    """Raises Misconfigured for a bad file, Unavailable without Kafka. `say`: progress for a person."""
    read = alert_rules.load(file)
    if read.problems:
        raise Misconfigured(f"{file}: {len(read.problems)} problems; `junction-streams alerts check {file}` shows them")
    rules = Rules.of(read.rules)
    if not rules:
        raise Misconfigured(f"no rule in {file} is switched on; set enabled = true, or leave the line out")
    own, zones = alert_bounds.by_user(alert_bounds.read(settings))
    until_us = time.time_ns() // 1000  # before the reading: no silence up to then lacks a record that was there
    names = sorted({*rules.by_topic, *(_WITH_ZONE if rules.needs_zone or "glucose" in rules.by_topic else ())})
    seen: dict[str, set[str]] = {topic: set() for topic in names}
    fired: list[Fired] = []
    total = 0
    numbers = range(settings.partitions)
    if options.user_id:
        numbers = range(p := topics.partition_for(ids.canonical(options.user_id), settings.partitions), p + 1)
    for number in numbers:
        records = sorted(_read(settings, names, {number}, options), key=lambda one: (one.at_ms, one.topic))
        for one in records:
            seen[one.topic].add(str(one.record["user_id"]))
        trial = Trial(rules, own, zones)
        trial.feed(records)
        trial.wait(until_us // 1000)
        fired += trial.fired()
        total += len(records)
        say(f"partition {number}: {len(records):,} records, {len(trial.fired()):,} alerts")
    users = {rule.name: len(seen[rule.topic]) for rule in rules.by_name.values()}
    shown = sorted((one for one in fired if one.opened_us >= options.since_us), key=lambda one: one.opened_us)
    return Outcome(rules, shown, users, total, (until_us - options.since_us) / (7 * DAY_US))


def _read(settings: Settings, names: Collection[str], numbers: set[int], options: Options) -> Iterator[Record]:
    prefix = f"{settings.topic_prefix}."
    user_id = ids.canonical(options.user_id)
    reader = Reader(
        settings,
        [prefix + name for name in names],
        from_beginning=True,
        partitions=numbers,
        is_plain=True,
    )
    from_ms = (options.since_us - LEARN_DAYS * DAY_US) // 1000
    with closing(reader):
        for one in reader.records(lambda key: not user_id or topics.owner_in(key) == user_id):
            found = made(one.topic.removeprefix(prefix), one.record or {}, history=options.history)
            yield from (record for record in found if record.at_ms >= from_ms)
