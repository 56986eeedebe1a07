"""Settings of topics that a Kafka does not let anybody set: what is left of a change without them. Pure.

A service may have rules of its own about them. What it says of one topic holds for all that want the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from streams.events.record_bounds import ROOM_BYTES
from streams.kafka.topic_changes import Action, Change
from streams.ops.errors import Misconfigured

RECORD, POLICY = "max.message.bytes", "cleanup.policy"
# What it means that Kafka's own value stays.
_MEANS: Mapping[str, str] = {
    "min.insync.replicas": "Kafka's own value decides how many copies a record has before it counts as stored",
    "segment.ms": "records may stay longer than their days, until Kafka ends their segment",
    "max.compaction.lag.ms": "what was replaced or deleted may stay for as long as Kafka likes",
    "delete.retention.ms": (
        "a worker or fetcher whose state folder was away for half of Kafka's own value (a day by default) reads its "
        "tables anew, from the beginning"
    ),
    "retention.bytes": "Kafka deletes what is above its own value, however new",
    "retention.ms": "records stay for Kafka's own time",
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What was learnt. `refused`: setting and value → what Kafka says; another value of the same setting may be right.
    `record_bytes_max`: the largest it takes, where ours is refused, None where that is not known."""

    refused: Mapping[tuple[str, str], str] = field(default_factory=dict)
    record_bytes_max: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One setting that is not set. `why`: what Kafka says. `means`: what that comes to."""

    setting: str
    topics: int
    why: str
    means: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What `apply` does. `problem`: a sentence for a person who has to act first; "" for none."""

    changes: list[Change]
    left_out: list[LeftOut]
    problem: str = ""


def settings_of(changes: Iterable[Change]) -> dict[Action, list[Mapping[str, str]]]:
    """The different sets of settings that changes want: what Kafka has to be asked about."""
    found: dict[Action, list[Mapping[str, str]]] = {}
    for change in changes:
        sets = found.setdefault(change.action, [])
        if change.config and change.config not in sets:
            sets.append(change.config)
    return found


def proposal(changes: Sequence[Change], allowances: Mapping[Action, Allowance]) -> Proposal:
    """The changes without what is refused."""
    kept: list[Change] = []
    counts: dict[str, int] = {}
    whys: dict[str, str] = {}
    for change in changes:
        refused = allowances.get(change.action, Allowance()).refused
        out = [one[0] for one in change.config.items() if one in refused and not _is_needed(change, one[0])]
        for name in out:
            counts[name] = counts.get(name, 0) + 1
            whys.setdefault(name, refused[name, change.config[name]])
        if rest := _without(change, out):
            kept.append(rest)
    left_out = [LeftOut(name, count, whys[name], _MEANS.get(name, "")) for name, count in counts.items()]
    return Proposal(kept, left_out, _problem(kept, allowances))


def _without(change: Change, out: Sequence[str]) -> Change | None:
    """What is left to be done; None for nothing."""
    if not out:
        return change
    rest = {name: value for name, value in change.config.items() if name not in out}
    if change.action is Action.ALTER and POLICY in out:
        advice = "Kafka does not let it be changed: delete the topic if nothing of it is needed, and apply again"
        return replace(change, action=Action.IMPOSSIBLE, detail=f"{change.detail}; {advice}", config={})
    if change.action is Action.ALTER and not rest:
        return None
    return replace(change, config=rest, detail=f"{change.detail}, without {', '.join(out)}")


def _is_needed(change: Change, name: str) -> bool:
    """Never left out. A topic that takes smaller records would stop the product later, with an event in hand; a table's
    changelog that is made without its policy would lose the table, and may not be mended afterwards."""
    return name == RECORD or (name == POLICY and change.action is Action.CREATE)


def _problem(changes: Sequence[Change], allowances: Mapping[Action, Allowance]) -> str:
    """What is needed, and refused."""
    for change in changes:
        allowance = allowances.get(change.action, Allowance())
        for name, value in change.config.items():
            if (name, value) in allowance.refused:
                return _needed(change, name, allowance)
    return ""


def _needed(change: Change, name: str, allowance: Allowance) -> str:
    wanted, most = change.config[name], allowance.record_bytes_max
    if name == POLICY:
        why = allowance.refused[name, wanted]
        return f"Kafka does not take {name}={wanted} ({why}), without which {change.topic} would lose records or state"
    if most is None:
        why = allowance.refused[name, wanted]
        return f"Kafka does not take {RECORD}={wanted} ({why}): look at STREAMS_RECORD_BYTES_MAX"
    return (
        f"Kafka does not take {RECORD}={wanted}, {most} is the most: set STREAMS_RECORD_BYTES_MAX={most} for every "
        f"process, and STREAMS_BODY_BYTES_MAX={most - ROOM_BYTES} or less for the gateway"
    )


def refuse(found: Proposal) -> None:
    """Raises Misconfigured where a person has to act first."""
    if found.problem:
        raise Misconfigured(found.problem)
