"""The alerts of the demo: of the two stories in its world, and of nobody else."""

import time
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.table import Table

from streams.events import EPOCH, MICRO, topics
from streams.kafka.reader import Decoded
from streams.simulator.truth.alarms import Alarm, Comparison, compare
from streams.simulator.world.world import Event

WAIT_S = 10.0  # workers look at timers every second, in transactions of their own
LOOK_EVERY_S = 0.2


def wait_for(events: Iterable[Event], records: Callable[[], Sequence[Decoded]], wait_s: float = WAIT_S) -> Comparison:
    """The alerts in `records` against the stories in `events`, as soon as they agree, or after `wait_s`."""
    until_s = time.monotonic() + wait_s
    while True:
        found = compare(events, alerts_in(records()))
        if found.is_right or time.monotonic() > until_s:
            return found
        time.sleep(LOOK_EVERY_S)


def alerts_in(records: Sequence[Decoded]) -> list[dict[str, object]]:
    """The alert records among them, in order."""
    return [one.record for one in records if one.topic.endswith(f".{topics.ALERTS}") and one.record]


def show(console: Console, found: Comparison) -> None:
    """The alerts that must be there, and how far they are."""
    table = Table("alert", "user", "first sign", "opened", "resolved (UTC)", box=None, pad_edge=False)
    for one in found.stories:
        missing = "  [red]not as it has to be[/]" if one in found.lost else ""
        table.add_row(one.rule, one.user_id, *map(_clock, _times(one)), missing)
    console.print(table)
    colour = "green" if found.is_right else "red"
    console.print(
        f"[bold {colour}]{len(found.stories)} alerts opened and resolved as their stories say: "
        f"{len(found.lost)} lost, {len(found.unexpected)} unexpected[/]"
    )


def _times(one: Alarm) -> tuple[int | None, ...]:
    return one.first_us, one.opened_us, one.ended_us


def _clock(time_us: int | None) -> str:
    return "open" if time_us is None else f"{EPOCH + time_us * MICRO:%a %H:%M}"
