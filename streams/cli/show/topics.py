"""What `topics plan` and `topics apply` print."""

from collections.abc import Sequence
from dataclasses import asdict

from streams.events import Topic, kept
from streams.kafka.allowed import Proposal
from streams.ops import terminal


def print_changes(found: Proposal, layout: Sequence[Topic], *, applied: bool, as_json: bool) -> None:
    """The plan of `topics`, or what was done about it; and for how long data stay in topics that are as in `layout`."""
    stays, changes = kept.stays(layout), found.changes
    if as_json:
        listed = [stay._asdict() for stay in stays]
        terminal.machine({"applied": applied, **asdict(found), "stays": listed})
        return
    for change in changes:
        terminal.say(f"{change.action:<10} {change.topic}: {change.detail}")
    for one in found.left_out:
        terminal.say(f"left out   {one.setting} of {one.topics} topics, which this Kafka does not take ({one.why})")
        if one.means:
            terminal.say(f"           so {one.means}")
    if found.problem:
        terminal.say(f"first      {found.problem}")
    if not changes:
        terminal.say("every topic is as it has to be")
    elif found.problem:
        terminal.say(f"{len(changes)} topics differ")
    elif applied:
        terminal.say(f"{len(changes)} topics mended")
    else:
        terminal.say(f"{len(changes)} topics differ; `junction-streams topics apply` mends them")
    terminal.say("health data stay here for:")
    for stay in stays:
        terminal.say(f"  {stay.role:<10} {stay.until} ({_listed(stay.topics)}): {stay.holds}")
    if found.left_out:
        terminal.say(f"  but as Kafka has it where it is decided by {', '.join(one.setting for one in found.left_out)}")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
