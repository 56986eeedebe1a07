"""What `topics plan` and `topics apply` print."""

from collections.abc import Sequence
from dataclasses import asdict

from streams.events import Topic, kept
from streams.kafka.topic_changes import Change
from streams.ops import terminal


def print_changes(changes: Sequence[Change], layout: Sequence[Topic], *, applied: bool, as_json: bool) -> None:
    """The plan of `topics`, or what was done about it; and for how long data stay in topics that are as in `layout`."""
    stays = kept.stays(layout)
    if as_json:
        listed = [stay._asdict() for stay in stays]
        changed = [asdict(change) for change in changes]
        terminal.machine({"applied": applied, "changes": changed, "stays": listed})
        return
    for change in changes:
        terminal.say(f"{change.action:<10} {change.topic}: {change.detail}")
    if not changes:
        terminal.say("every topic is as it has to be")
    elif applied:
        terminal.say(f"{len(changes)} topics mended")
    else:
        terminal.say(f"{len(changes)} topics differ; `junction-streams topics apply` mends them")
    terminal.say("health data stay here for:")
    for stay in stays:
        terminal.say(f"  {stay.role:<10} {stay.until} ({_listed(stay.topics)}): {stay.holds}")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
