"""What `demo --manage` found, as a table."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

_ROWS = (
    ("events", "that the fake Junction had for us"),
    ("attempts", "posted by its fake Svix, signed with all live secrets, retries included"),
    (
        "rotations",
        "of the secret under load: gateways first, Junction second, the old one out a day later",
    ),
    ("days_away", "of both gateways, compressed: longer than Svix tries again"),
    ("not_reached", "attempts that met no gateway meanwhile"),
    ("recovered", "messages that Svix had given up, brought back by recover; the rest by its retries"),
    ("refused_401", "attempts refused for their signature"),
    ("given_up", "messages that never arrived"),
    ("lost", "events of which Kafka has nothing"),
    ("seconds", ""),
)


def figures(console: Console, kind: str, found: Mapping[str, Any]) -> None:
    """One row a figure, and the verdict."""
    grid = Table(title=f"junction-streams demo --manage · {kind}", title_justify="left", show_header=False)
    for name, words in _ROWS:
        grid.add_row(name.replace("_", " "), f"{found[name]:,}", words)
    console.print(grid)
    colour = "red" if found["lost"] or found["refused_401"] or found["given_up"] else "green"
    console.print(f"[bold {colour}]{found['lost']:,} lost, {found['refused_401']:,} refused with 401[/]")
