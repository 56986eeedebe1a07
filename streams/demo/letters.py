"""The dead letters of the demo: those that its odd bodies have to become, and no others."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console

from streams.letters.letter import LetterFilter
from streams.letters.topic_reader import letters
from streams.ops.settings import Settings
from streams.simulator.world.world import Event

Named = tuple[str, str]  # delivery id, reason


@dataclass(frozen=True)
class Letters:
    """`expected`: what there has to be. `lost`: not there. `unexpected`: there, and nobody expects it."""

    expected: frozenset[Named]
    lost: frozenset[Named]
    unexpected: frozenset[Named]

    @property
    def is_right(self) -> bool:
        return not self.lost and not self.unexpected


def compare(events: Iterable[Event], found: Iterable[Named]) -> Letters:
    """A delivery that came several times may have several letters."""
    expected, there = frozenset((one.delivery_id, one.letter) for one in events if one.letter), frozenset(found)
    return Letters(expected, expected - there, there - expected)


def read(settings: Settings) -> list[Named]:
    """Of each dead letter that is there now, delivery id and reason."""
    return [(one.delivery_id, one.reason) for one in letters(settings, LetterFilter())]


def show(console: Console, found: Letters) -> None:
    """Counts, and reasons of those that nobody expects: never what is in them."""
    colour = "green" if found.is_right else "red"
    reasons = ", ".join(sorted({reason for _, reason in found.expected | found.unexpected}))
    console.print(
        f"[bold {colour}]dead letters that odd bodies have to become: {len(found.expected)} ({reasons or 'none'}), "
        f"{len(found.lost)} lost, {len(found.unexpected)} unexpected[/]"
    )
