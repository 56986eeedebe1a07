"""What `webhooks plan` and `apply` print without a management key: the steps of a person, and what is seen of them."""

from collections.abc import Iterable, Sequence

from connectors.control.guided import GuidedStep
from streams.ops import terminal


def print_steps(name: str, steps: Sequence[GuidedStep]) -> None:
    """Numbered, each with how it is checked."""
    console = terminal.console()
    for number, step in enumerate(steps, 1):
        console.print(terminal.line((f"{name}, step {number}: {step.title}", "bold")), soft_wrap=True)
        _print_all(step.does)
        console.print(terminal.line((f"    checked: {step.seen}", "dim")), soft_wrap=True)


def _print_all(lines: Iterable[str]) -> None:
    for line in lines:
        terminal.console().print(terminal.line(f"    {line}"), soft_wrap=True)
