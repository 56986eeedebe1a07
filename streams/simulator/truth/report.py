"""What came out of a comparison, in numbers."""

from dataclasses import dataclass, field

from streams.simulator.truth.fact import Key

EXAMPLES_MAX = 10


@dataclass(slots=True)
class Report:
    """Counts of facts: a summary, a sample, a side of a connection, a backfill, a lab order, a row of a query is one.
    So is the source to take in an hour that has several.

    lost: in no record. wrong: the last record says something else. repeated: said again, unchanged, right after.
    unexpected: nobody sent it. `examples` name keys, never values.
    """

    lost: int = 0
    repeated: int = 0
    wrong: int = 0
    unexpected: int = 0
    checked: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not (self.lost or self.repeated or self.wrong or self.unexpected)

    def note(self, problem: str, key: Key) -> None:
        """Count one problem, and show the first few."""
        setattr(self, problem, getattr(self, problem) + 1)
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(f"{problem}: {' '.join(map(str, key))}")
