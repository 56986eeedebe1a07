"""Tables against what has to be in them."""

from collections.abc import Iterable
from dataclasses import dataclass

from streams.demo.sink.fold import Row
from streams.demo.sink.shapes import Cells, Key
from streams.simulator.truth.report import EXAMPLES_MAX, Report


@dataclass
class Comparison(Report):
    """Counts of rows. lost: not there. repeated: there twice. wrong: a cell is another one. unexpected: nobody wrote
    it. `examples` name topics, and columns by their number; never values."""

    @property
    def is_right(self) -> bool:
        return self.checked > 0 and super().is_right

    def of_topic(self, topic: str, wanted: dict[Key, Row], found: Iterable[tuple[Key, Cells]]) -> None:
        """Add the rows of a topic."""
        seen: set[Key] = set()
        for key, cells in found:
            row = wanted.get(key)
            if key in seen:
                self._note("repeated", topic)
            elif row is None:
                self._note("unexpected", topic)
            elif row.cells != cells:
                places = [n for n, (one, other) in enumerate(zip(row.cells, cells, strict=True)) if one != other]
                self._note("wrong", topic, f", columns {places}")
            seen.add(key)
        for _ in range(len(wanted.keys() - seen)):
            self._note("lost", topic)
        self.checked += len(wanted)

    def _note(self, problem: str, topic: str, more: str = "") -> None:
        """The first of each topic and problem is an example."""
        setattr(self, problem, getattr(self, problem) + 1)
        example = f"{problem}: {topic}"
        if len(self.examples) < EXAMPLES_MAX and not any(one.startswith(example) for one in self.examples):
            self.examples.append(example + more)
