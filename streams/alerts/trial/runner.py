"""`alerts test`: rules tried on the clean topics, one partition after the other, so that memory stays bounded."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Message

from streams.alerts import rules_file, threshold_topic
from streams.alerts.episodes import view_of
from streams.alerts.rules import RuleSet
from streams.alerts.rules.rule_set import TopicRules
from streams.alerts.trial.data_span import DataSpan
from streams.alerts.trial.replay import TimedRecord, timed_records
from streams.alerts.trial.trial import FiredAlert, Trial
from streams.events import DAY_US, ids, owner_in, partition_for
from streams.kafka.reader import Reader
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

LEARN_DAYS = 35  # read before the time that is asked for: baselines and cadences have to be learned
_WITH_ZONE = ("activity", "sleep", "workouts", "electrocardiogram")  # topics with a user's time zone


@dataclass(frozen=True)
class TrialOptions:
    """`since_us`: alerts that opened before it are not shown. `user_id`: "" for all. `history`: fetched data count."""

    since_us: int
    user_id: str = ""
    history: bool = False


@dataclass
class TrialOutcome:
    """`looked`: by the rules' topics. `earliest_ms`: of the first record that each of them keeps, whoever's it is.

    `skipped`: what was not judged, by reason; beside those of a worker `history` and `unreadable`, in records.
    `records`: read in all. `until_ms`: the end of the trial, Unix ms.
    """

    rules: RuleSet
    since_us: int
    until_ms: int
    looked: dict[str, DataSpan]
    earliest_ms: dict[str, int] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    fired: list[FiredAlert] = field(default_factory=list)
    records: int = 0


def run(settings: Settings, file: Path, options: TrialOptions, say: Callable[[str], None]) -> TrialOutcome:
    """Raises Misconfigured for a bad file, Unavailable without Kafka. `say`: progress for a person."""
    rules = _rules(file)
    bounds, zones = threshold_topic.by_user(threshold_topic.read(settings))
    until_ms = time.time_ns() // 1_000_000  # before the reading: no silence up to then lacks a record that was there
    since_ms = options.since_us // 1000
    outcome = TrialOutcome(rules, options.since_us, until_ms, {topic: DataSpan(since_ms) for topic in rules.by_topic})
    names = sorted({*rules.by_topic, *(_WITH_ZONE if rules.needs_zone or "glucose" in rules.by_topic else ())})
    for number in _partitions(settings, options.user_id):
        records = sorted(_read(settings, names, {number}, options, outcome), key=lambda one: (one.at_ms, one.topic))
        trial = Trial(rules, bounds, zones, since_ms)
        trial.feed(records)
        trial.wait(until_ms)
        _add(outcome, records, trial)
        say(f"partition {number}: {len(records):,} records, {len(trial.fired()):,} alerts")
    outcome.fired.sort(key=lambda one: one.opened_us)
    return outcome


def _rules(file: Path) -> RuleSet:
    read = rules_file.load(file)
    if read.problems:
        raise Misconfigured(f"{file}: {len(read.problems)} problems; `junction-streams alerts check {file}` shows them")
    rules = RuleSet.of(read.rules)
    if not rules:
        raise Misconfigured(f"no rule in {file} is switched on; set enabled = true, or leave the line out")
    return rules


def _partitions(settings: Settings, user_id: str) -> Collection[int]:
    return {partition_for(ids.canonical(user_id), settings.partitions)} if user_id else range(settings.partitions)


def _add(outcome: TrialOutcome, records: list[TimedRecord], trial: Trial) -> None:
    for one in records:
        if one.topic in outcome.looked:
            outcome.looked[one.topic].add(one.at_ms, str(one.record["user_id"]))
    outcome.records += len(records)
    outcome.skipped += trial.skipped
    outcome.fired += [one for one in trial.fired() if one.opened_us >= outcome.since_us]


def _read(
    settings: Settings, names: Collection[str], numbers: set[int], options: TrialOptions, outcome: TrialOutcome
) -> Iterator[TimedRecord]:
    prefix = f"{settings.topic_prefix}."
    user_id = ids.canonical(options.user_id)
    full = [prefix + name for name in names]
    reader = Reader(settings, full, from_beginning=True, partitions=numbers, is_plain=True)
    from_ms = options.since_us // 1000 - LEARN_DAYS * DAY_US // 1000
    with closing(reader):
        for message in reader.until_now():
            topic, at_ms = (message.topic() or "").removeprefix(prefix), message.timestamp()[1]
            outcome.earliest_ms[topic] = min(outcome.earliest_ms.get(topic, at_ms), at_ms)
            if not user_id or owner_in(message.key()) == user_id:
                found = _records(reader, message, topic, options, outcome)
                yield from (record for record in found if record.at_ms >= from_ms)


def _records(
    reader: Reader, message: Message, topic: str, options: TrialOptions, outcome: TrialOutcome
) -> list[TimedRecord]:
    """A stored record as it is tried. What is not judged is counted: nobody shall take it for calm."""
    one = reader.read(message)
    if one is None:
        outcome.skipped["unreadable"] += message.timestamp()[1] >= options.since_us // 1000
        return []
    record = one.record or {}
    rules = outcome.rules.by_topic.get(topic, TopicRules())
    found = list(timed_records(topic, record, history=options.history, max_age_us=rules.max_age_us))
    view = view_of(topic, record) if not found and topic in outcome.looked else None
    outcome.skipped["history"] += view is not None and view.time_us >= options.since_us
    return found
