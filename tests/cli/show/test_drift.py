"""What `drift` prints of the records of its topic."""

import io
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from streams.cli.show.drift import merged, nothing, render

AT, LATER = datetime(2026, 6, 3, 10, tzinfo=UTC), datetime(2026, 6, 3, 11, tzinfo=UTC)


def record(kind: str = "field", scope: str = "body", n: int = 1, partition: int = 0, **other: Any) -> dict[str, Any]:
    return {
        "kind": kind, "scope": scope, "path": "$.data.mood", "found": "string", "count": n, "first_seen_at": AT,
        "last_seen_at": AT, "event_type": "x", "raw_topic": "junction.raw.summaries", "raw_partition": partition,
        "raw_offset": 7, **other,
    }  # fmt: skip


def shown(*records: dict[str, Any]) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=220).print(render(merged(records)))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_partitions_add_up() -> None:
    """An item is one line: counts are added, the first sight is the earliest, the example the latest."""
    other = record(n=4, partition=3, first_seen_at=LATER, last_seen_at=LATER)
    (item,) = merged([record(n=2), other])
    assert (item.count, item.first_seen_at, item.last_seen_at) == (6, AT, LATER)
    assert item.example == "junction.raw.summaries 3:7"


def test_the_same_place_of_many_resources_is_one_line() -> None:
    """A new provider is one line, not one for each of 60 resources."""
    scopes = ["body", "sleep", "steps", "water", "weight"]
    lines = shown(*(record("enum", scope, path="$.data.source.provider", found="new_one") for scope in scopes))
    assert lines[1:] == [
        "enum body, sleep, steps and 2 more $.data.source.provider new_one 5 2026-06-03 10:00 2026-06-03 10:00 "
        "junction.raw.summaries 0:7"
    ]


def test_the_words_of_a_stranger_are_no_markup() -> None:
    """What drifts is shown as it is."""
    assert "[bold]x[/]" in shown(record(found="[bold]x[/]"))[1]


def test_an_empty_report_does_not_praise_what_was_left_out() -> None:
    """Only where nothing at all drifted was every event as documented; a filter that matches nothing says so."""
    assert nothing(0) == "no drift: every event was as Junction documents it"
    assert nothing(1) == "no drift matches; 1 item without --kind and --since"
    assert nothing(1200).startswith("no drift matches; 1,200 items")
