"""The matrix as a table: what each role was let through to, and how much it was refused."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from streams.demo.rights.matrix import Trial, counts
from streams.events.parts import Part


def table(trials: Sequence[Trial]) -> Table:
    """A row a role: to how many names it was let through, by operation, and how much Kafka refused."""
    made = Table("role", "let through", "refused", "wrong", box=None, pad_edge=False)
    for part in Part:
        of = [one for one in trials if one.part is part]
        found, let = counts(of), Counter(one.attempt.what for one in of if one.is_let)
        words = ", ".join(f"{what} ({n})" for what, n in let.items())
        made.add_row(part, words or "nothing", str(found["refused"]), str(found["wrong"]))
    return made


def show(console: Console, trials: Sequence[Trial]) -> None:
    """The table, and what is not as it has to be."""
    console.print(table(trials))
    wrong = [one for one in trials if not one.is_right]
    found = counts(trials)
    colour = "red" if wrong else "green"
    console.print(
        f"[bold {colour}]{found['tried']:,} attempts of {len({one.part for one in trials})} roles: "
        f"{found['refused']:,} refused, {found['wrong']} not as their rights say[/]"
    )
    for line in lines(wrong):
        console.print(f"  {line}", highlight=False)


def lines(wrong: Iterable[Trial]) -> list[str]:
    """A sentence for each that did not come out as it has to."""
    said = {True: "was let", False: "was refused", None: "got no answer"}
    return [f"{one.part} {said[one.is_let]}: {one.attempt.what} {one.attempt.name}" for one in wrong]
