"""What a cause says of the facts: it holds, it does not hold, or that is not known. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from streams.lineage.telling import StoryStep


class Holds(StrEnum):
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class CauseFinding(NamedTuple):
    """What became of one cause. `sentence`: whole. `evidence`: what to look at, as in `StoryStep`."""

    holds: Holds
    sentence: str
    evidence: tuple[str, ...] = ()
    at_ms: int | None = None
    facts: Mapping[str, Any] = {}

    def step(self, kind: str) -> StoryStep:
        """As a step of the story."""
        return StoryStep(
            kind=kind, sentence=self.sentence, at_ms=self.at_ms, evidence=self.evidence,
            facts={"holds": str(self.holds), **self.facts},
        )  # fmt: skip


def yes(sentence: str, *evidence: str, at_ms: int | None = None, **facts: Any) -> CauseFinding:
    """The cause holds."""
    return CauseFinding(Holds.TRUE, sentence, evidence, at_ms or None, facts)


def no(sentence: str, *evidence: str, at_ms: int | None = None, **facts: Any) -> CauseFinding:
    """The cause does not hold."""
    return CauseFinding(Holds.FALSE, sentence, evidence, at_ms or None, facts)


def unknown(sentence: str, *evidence: str, **facts: Any) -> CauseFinding:
    """Whether it holds could not be found out."""
    return CauseFinding(Holds.UNKNOWN, sentence, evidence, None, facts)
