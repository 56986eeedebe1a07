"""What the demo says of the tables."""

from rich.console import Console
from rich.table import Table

from streams.demo.sink.answers import Answer
from streams.demo.sink.check import TableFindings


def show(console: Console, found: TableFindings) -> None:
    """The verdict, then three questions with their answers."""
    rows, steps = found.rows, found.steps
    colour = "green" if found.is_right else "red"
    late = f", {found.behind} partitions behind" * bool(found.behind)
    console.print(
        f"[bold {colour}]{rows.checked:,} rows of PostgreSQL compared, every cell: {rows.lost} lost, "
        f"{rows.repeated} repeated, {rows.wrong} wrong, {rows.unexpected} unexpected, {found.rejects} rejected{late}[/]"
    )
    console.print(
        f"[bold {colour}]{steps.days} days of steps compared with the truth, {len(steps.doubled)} where two "
        f"devices counted the same ones: {len(steps.wrong)} wrong[/]"
    )
    for example in rows.examples:
        console.print(f"  {example}", highlight=False, markup=False)
    for answer in found.answers:
        _answer(console, answer)


def _answer(console: Console, answer: Answer) -> None:
    console.print(f"\n[bold]{answer.question.words}[/]")
    console.print(f"{answer.question.sql};", highlight=False, markup=False, style="cyan", soft_wrap=True)
    table = Table(*answer.columns, box=None, pad_edge=False)
    for row in answer.rows:
        table.add_row(*row)
    console.print(table)
