"""What commands print: for people as tables and sentences, for machines as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from streams.events import kept
from streams.events.topics import Topic
from streams.kafka.subjects import SubjectCheck
from streams.kafka.topic_changes import Change
from streams.ops import terminal


def print_changes(changes: Sequence[Change], layout: Sequence[Topic], *, applied: bool, as_json: bool) -> None:
    """The plan of `topics`, or what was done about it; and for how long data stay in topics that are as in `layout`."""
    stays = kept.stays(layout)
    if as_json:
        listed = [stay._asdict() for stay in stays]
        said = [asdict(change) for change in changes]
        terminal.machine({"applied": applied, "changes": said, "stays": listed})
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


def print_checks(checks: Sequence[SubjectCheck], *, as_json: bool) -> bool:
    """What `schemas check` found; returns whether all may be registered."""
    if as_json:
        terminal.machine({"checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            terminal.say(check.line)
    return all(check.is_allowed for check in checks)


def print_ids(ids: Mapping[str, int], *, as_json: bool) -> None:
    """Schema ids by topic, after `schemas register`."""
    if as_json:
        terminal.machine({"ids": dict(ids)})
        return
    for topic, number in ids.items():
        terminal.say(f"{number:>6}  {topic}")
    terminal.say(f"{len(ids)} subjects registered")
