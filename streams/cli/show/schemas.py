"""What `schemas check` and `schemas register` print."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from streams.kafka.subjects import SubjectCheck
from streams.ops import terminal


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
