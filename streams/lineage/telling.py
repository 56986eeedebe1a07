"""The form of every answer: a sentence on top, steps in order, and what could not be found out. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One step of a story. `kind`: one word for machines; `sentence`: for people.

    `at_ms`: Unix ms, None where it has no time. `evidence`: what to look at, as `topic partition:offset`, a command of
    ours, or the id of a delivery. `facts`: plain values for machines, never a value of somebody's data.
    """

    kind: str
    sentence: str
    at_ms: int | None = None
    evidence: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An answer. `ending`: one word for machines; `sentence`: the answer in one sentence.

    `missing`: sentences, one for each part that could not be found out and why (Kafka away, the index is behind, ...).
    `reaches_ms`: rows of what was processed earlier are not known, Unix ms; 0 where that is not known. `notes`: for
    whoever runs the index, sentences of it: the answer lacks nothing by them.
    """

    ending: str
    sentence: str
    steps: tuple[StoryStep, ...] = ()
    missing: tuple[str, ...] = ()
    reaches_ms: int = 0
    notes: tuple[str, ...] = ()

    def as_json(self) -> Json:
        """Plain values for `json.dumps`."""
        return asdict(self)
