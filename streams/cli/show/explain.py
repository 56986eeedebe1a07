"""What `explain` prints."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from streams.letters.explain import Explanation, explain
from streams.ops import terminal
from streams.ops.terminal import lines, pairs


def print_explanations(bodies: Sequence[tuple[str, bytes]], prefix: str, partitions: int, *, as_json: bool) -> None:
    """One explanation a body; with JSON one object a line."""
    console = terminal.console()
    for name, body in bodies:
        explained = explain(body, prefix=prefix, partitions=partitions)
        if as_json:
            terminal.machine({"file": name, **asdict(explained)}, default=str)
            continue
        console.print(terminal.line(name, style="bold"))
        console.print(render(explained))


def render(explained: Explanation) -> Table:
    """For people."""
    red = {"dead letter": "red"}
    return pairs((name, lines(rows, red.get(name, ""))) for name, rows in _rows(explained) if any(rows))


def _rows(explained: Explanation) -> Sequence[tuple[str, Sequence[str]]]:
    more = explained.entities - len(explained.keys)
    keys = [*explained.keys, f"and {more} more"] if more > 0 and explained.keys else explained.keys
    where = "" if explained.partition is None else f"partition {explained.partition}, key {explained.key}"
    refused = f"{explained.reason}: {explained.detail}" if explained.reason else ""
    unless = ", were it not refused" if refused else ""
    return (
        ("event type", [explained.event_type]),
        ("family", [f"{explained.family} {explained.resource}".strip()]),
        ("user", [explained.user_id or (explained.team_id and f"none; team {explained.team_id}")]),
        ("raw topic", [f"{explained.raw_topic} {where}".strip()]),
        ("clean topic", [explained.clean_topic and f"{explained.clean_topic}, schema {explained.schema}{unless}"]),
        ("entities", [f"{explained.entities or ''}"]),
        ("unusable", [f"{explained.dropped or ''}"]),
        ("keys", keys),
        ("version by", [explained.version]),
        ("problems", explained.problems),
        ("unknown fields", explained.unknown_fields),
        ("not documented", explained.drift),
        ("dead letter", [refused]),
    )
