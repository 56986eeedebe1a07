"""What of a topic is not as it has to be: changes that `apply` can make, and those that it cannot. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from streams.events import Role, Topic, kept, resources
from streams.ops.errors import Misconfigured

_SHOWN = 5  # topics named in a sentence before "and n more"

# Drift here loses records or state; in any other setting (retention) it is a person's decision, shown by `plan` only.
_VITAL = frozenset({"cleanup.policy", "max.message.bytes"})


class Action(StrEnum):
    CREATE = "create"
    ALTER = "alter"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Change:
    """One topic that is not as it has to be. `config`: what `apply` sets. `detail`: a sentence for a person."""

    topic: str
    action: Action
    detail: str
    config: dict[str, str] = field(default_factory=dict)

    @property
    def is_blocking(self) -> bool:
        """Whether a service must not start before this is mended."""
        return self.action is not Action.ALTER or not _VITAL.isdisjoint(self.config)


def refuse_impossible(changes: list[Change]) -> None:
    """Raises Misconfigured where a topic cannot be mended."""
    impossible = [change for change in changes if change.action is Action.IMPOSSIBLE]
    if impossible:
        raise Misconfigured(
            f"topics that cannot be mended: {named(impossible)}. A partition count decides where each user lives: "
            "set STREAMS_PARTITIONS to the count that exists, or start anew under another STREAMS_TOPIC_PREFIX and "
            "STREAMS_GROUP_ID."
        )


def named(changes: list[Change]) -> str:
    """The first few, for a sentence."""
    shown = "; ".join(f"{change.topic} {change.detail}" for change in changes[:_SHOWN])
    return f"{shown}; and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else shown


def difference(topic: Topic, partitions: int | None, config: dict[str, str] | None) -> Change | None:
    """What of a topic differs; None for nothing. `partitions`, `config`: as Kafka has them, None where it has not."""
    if partitions is None:
        return Change(topic.name, Action.CREATE, f"is missing ({topic.partitions} partitions)", topic.config)
    if partitions != topic.partitions:
        detail = f"has {partitions} partitions instead of {topic.partitions}"
        return Change(topic.name, Action.IMPOSSIBLE, detail)
    if config is None:
        return None
    drift = {name: value for name, value in topic.config.items() if config.get(name) != value}
    if _may_be_compacted(topic):
        drift.pop("cleanup.policy", None)
    if not drift:
        return None
    detail = ", ".join(_setting_text(name, config.get(name), value) for name, value in drift.items())
    return Change(topic.name, Action.ALTER, detail, drift)


def _setting_text(name: str, found: str | None, wanted: str) -> str:
    """One setting that differs. Times also in words; a retention that is too short says what it does."""
    text = f"has {name}={found} instead of {wanted}"
    if not name.endswith(".ms") or found is None:
        return text
    text += f" ({kept.span(int(found))} instead of {kept.span(int(wanted))})"
    is_short = name == "retention.ms" and 0 <= int(found) < int(wanted)
    return f"{text}: records are deleted too early" if is_short else text


def _may_be_compacted(topic: Topic) -> bool:
    """Clean summaries are keyed by their id, so an owner may choose compaction (product contract, section 3)."""
    row = resources.get(topic.name.rpartition(".")[2])
    return topic.role is Role.CLEAN and row is not None and row.kind is resources.Kind.SUMMARY
