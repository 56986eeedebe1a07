"""What commands print: for people as tables and sentences, for machines as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console

from streams.admin import Change
from streams.explain import explain, render
from streams.subjects import Check


def print_changes(changes: Sequence[Change], *, applied: bool, as_json: bool) -> None:
    """The plan of `topics`, or what was done about it."""
    if as_json:
        print(json.dumps({"applied": applied, "changes": [asdict(change) for change in changes]}))
        return
    for change in changes:
        print(f"{change.action:<10} {change.topic}: {change.detail}")
    if not changes:
        print("every topic is as it has to be")
    elif applied:
        print(f"{len(changes)} topics mended")
    else:
        print(f"{len(changes)} topics differ; `junction-streams topics apply` mends them")


def print_checks(checks: Sequence[Check], *, as_json: bool) -> bool:
    """What `schemas check` found; returns whether all may be registered."""
    if as_json:
        print(json.dumps({"checks": [asdict(check) for check in checks]}))
    else:
        for check in checks:
            print(check.line)
    return all(check.is_allowed for check in checks)


def print_ids(ids: Mapping[str, int], *, as_json: bool) -> None:
    """Schema ids by topic, after `schemas register`."""
    if as_json:
        print(json.dumps({"ids": dict(ids)}))
        return
    for topic, number in ids.items():
        print(f"{number:>6}  {topic}")
    print(f"{len(ids)} subjects registered")


def print_explanations(bodies: Sequence[tuple[str, bytes]], prefix: str, partitions: int, *, as_json: bool) -> None:
    """One explanation a body; with JSON one object a line."""
    console = Console()
    for name, body in bodies:
        explained = explain(body, prefix=prefix, partitions=partitions)
        if as_json:
            print(json.dumps({"file": name, **asdict(explained)}, default=str))
            continue
        console.rule(f"[bold]{name}", align="left")
        console.print(render(explained))
