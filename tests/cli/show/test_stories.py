"""How a story is printed: what stands first, times beside steps, what is told once, on wide and on narrow terminals."""

import pytest
from rich.console import Console

from streams.cli.show.stories import print_story
from streams.lineage.telling import Story, StoryStep
from streams.ops import terminal

AT = 1_780_473_600_000  # 2026-06-03 08:00:00 UTC


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], story: Story, width: int) -> list[str]:
    monkeypatch.setattr(terminal, "console", lambda: Console(markup=False, emoji=False, highlight=False, width=width))
    print_story(story, as_json=False)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


STORY = Story(
    ending="processed",
    sentence="processed at last",
    steps=(
        StoryStep(kind="made", sentence="Junction made it", at_ms=AT - 40_000_000),
        StoryStep(kind="stored", sentence="stored as raw.summaries 3:12", at_ms=AT, evidence=("raw.summaries 3:12",)),
        StoryStep(
            kind="verdict", sentence="s1 is NEW", evidence=("raw.summaries 3:12", "a b", "junction-streams x", "c")
        ),
        StoryStep(
            kind="clean", sentence="1 record in sleep: 3:4, 0.21 s later", at_ms=AT + 210, facts={"after_ms": 210}
        ),
    ),
    missing=("no gateway is named",),
    reaches_ms=AT - 86_400_000,
)


def test_on_a_wide_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer, days as they change, times beside the steps with how long after; what is named is not named again."""
    assert printed(monkeypatch, capsys, STORY, 120) == [
        "Processed at last.",
        "2026-06-02 (UTC)",
        " 20:53:20.000  Junction made it",
        "2026-06-03 (UTC)",
        " 08:00:00.000   +11 h 6 min  stored as raw.summaries 3:12",
        "                             s1 is NEW",
        "                             a b  c",
        "                             junction-streams x",
        " 08:00:00.210       +0.21 s  1 record in sleep: 3:4",
        "Not found out:",
        "- no gateway is named",
        "What was processed before 2026-06-02 08:00:00 UTC is not known here.",
    ]


def test_notes_are_no_part_of_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who runs the index reads them below the answer."""
    story = Story(ending="never_seen", sentence="nothing", notes=("the index goes on; its files wait",))
    assert printed(monkeypatch, capsys, story, 80) == ["Nothing.", "The index goes on; its files wait."]


def test_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Times stand above the steps; no line is longer than the terminal, nothing is cut."""
    lines = printed(monkeypatch, capsys, STORY, 30)
    assert max(map(len, lines)) <= 30
    assert lines[4:8] == ["2026-06-03 (UTC)", "08:00:00.000 +11 h 6 min", "stored as raw.summaries 3:12", "s1 is NEW"]


@pytest.mark.parametrize("width", [40, 120])
def test_findings_say_whether_they_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    """Each cause with yes, no or ?, in the order in which they were tried, without days between."""
    steps = [
        StoryStep(kind=kind, sentence=f"cause {kind}", at_ms=at, facts={"holds": holds})
        for kind, holds, at in (
            ("a", "false", AT),
            ("b", "true", AT - 10**9),
            ("c", "unknown", None),
            ("nothing_known", "false", None),
        )
    ]
    lines = printed(monkeypatch, capsys, Story(ending="b", sentence="Cause b.", steps=tuple(steps)), width)
    assert [line.split() for line in lines[1:]] == [
        ["no", "cause", "a"],
        ["yes", "cause", "b"],
        ["?", "cause", "c"],
    ]


def test_values_are_shown_where_they_were_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clean record's fields, one a line, long lists by their beginning, what is empty left out."""
    found = [
        {"partition": 3, "offset": 4, "record": {"score": 7, "times": list(range(50)), "note": None, "unit": "bpm"}}
    ]
    step = StoryStep(kind="clean", sentence="1 record in sleep: 3:4", facts={"topic": "sleep", "found": found})
    lines = printed(monkeypatch, capsys, Story(ending="x", sentence="S.", steps=(step,)), 120)
    assert [line.strip() for line in lines[2:]] == [
        "score: 7",
        "times: [0, 1, 2, 3, 4, 5, ... 50 in all]",
        "unit: bpm",
    ]
