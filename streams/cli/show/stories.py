"""What `trace`, `story` and `why` print: the sentence, its steps with their times, what could not be found out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from streams.lineage.telling import Story, StoryStep
from streams.lineage.words import moment, span
from streams.ops import terminal
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.ops.terminal import line, pairs

WIDE = 96  # columns from which on times stand beside the steps
WORD_CHARS = 3  # what stands before a step in the same line
COMMAND = "junction-streams "
VALUES_SHOWN = 6  # of a list; `--json` has all
# How a command ends that says what became of a delivery; every other ending is an answer.
_EXITS = {"never_seen": 1, "cannot_tell": 2}
_HOLDS = {"true": ("yes", "bold"), "false": ("no", "dim"), "unknown": ("?", "yellow")}


def exit_of_delivery(story: Story) -> int:
    """0 for an answer, 1 where it was never seen, 2 where that cannot be told. Of data: `data_exits`."""
    return _EXITS.get(story.ending, 0)


def print_story(story: Story, *, as_json: bool) -> None:
    """For people, or as JSON for machines."""
    if as_json:
        terminal.machine(story.as_json())
        return
    console = terminal.console()
    console.print(line(_sentence(story.sentence), style="bold"))
    steps = [step for step in story.steps if not _is_needless(step)]
    rows = [(_when(step, before), _what(step, said)) for step, before, said in _with_before(steps)]
    for day, some in _days(steps, rows):
        if day:
            console.print(line(day, style="dim"))
        _print_rows(console, some)
    if story.missing:
        console.print(line("Not found out:", style="yellow"))
        for why in story.missing:
            console.print(line(f"- {why}", style="yellow"))
    for note in story.notes:
        console.print(line(_sentence(note), style="dim"))
    if story.reaches_ms:
        console.print(line(f"What was processed before {moment(story.reaches_ms)} is not known here.", style="dim"))


def _sentence(words: str) -> str:
    """As a line of its own begins and ends."""
    first = words.split(" ", 1)[0]
    words = words[:1].upper() + words[1:] if first.isalpha() else words
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _is_needless(step: StoryStep) -> bool:
    """The rest of all causes, where one of them holds."""
    return step.kind == "nothing_known" and step.facts.get("holds") == "false"


def _with_before(steps: Sequence[StoryStep]) -> Iterator[tuple[StoryStep, int | None, Sequence[str]]]:
    """Each step with the time of the one before it that has one, and with the evidence of the one before.

    A reader is none that comes before: others read beside it, as in `story_of_delivery.with_durations`.
    """
    before: int | None = None
    said: Sequence[str] = ()
    for step in steps:
        yield step, before, said
        before, said = before if step.kind == "read" else step.at_ms or before, step.evidence


def _days(steps: Sequence[StoryStep], rows: list[tuple[str, Text]]) -> Iterator[tuple[str, list[tuple[str, Text]]]]:
    """Rows that follow each other on one day, with its name; of findings, which are in no order of time, all as one."""
    if any("holds" in step.facts for step in steps):
        yield "", rows
        return
    day, some = "", list[tuple[str, Text]]()
    for step, row in zip(steps, rows, strict=True):
        its = f"{moment(step.at_ms)[:10]} (UTC)" if step.at_ms else day
        if its != day and some:
            yield day, some
            some = []
        day = its
        some.append(row)
    yield day, some


def _when(step: StoryStep, before_ms: int | None) -> str:
    """A time of its day, and how long after the one before; of a finding, whether it holds."""
    if "holds" in step.facts:
        return _HOLDS.get(str(step.facts["holds"]), ("?", ""))[0]
    if not step.at_ms:
        return ""
    clock = f"{moment(step.at_ms)[11:19]}.{step.at_ms % 1000:03}"
    after = "" if before_ms is None or step.at_ms < before_ms else f"+{span(step.at_ms - before_ms)}"
    return f"{clock}  {after:>12}" if after else clock


def _what(step: StoryStep, said: Sequence[str]) -> Text:
    """The sentence, with what to look at below it. `said`: what the step before named already."""
    words, style = step.sentence, ""
    if "holds" in step.facts:
        style = _HOLDS.get(str(step.facts["holds"]), ("", ""))[1]
    elif (after_ms := step.facts.get("after_ms")) is not None:
        words = words.removesuffix(f", {span(after_ms)} later")  # it stands beside it
    text = line(words, style=style)
    if more := [one for one in step.evidence if one not in said and not _is_named(one, step.sentence)]:
        for one in _by_line(more):
            text.append("\n").append_text(line(one, style="dim"))
    for values in _values(step.facts):
        text.append("\n").append_text(line(values))
    return text


def _by_line(evidence: Sequence[str]) -> Iterator[str]:
    """Places side by side, and each command by itself, to be copied."""
    if places := [one for one in evidence if not one.startswith(COMMAND)]:
        yield "  ".join(places)
    yield from (one for one in evidence if one.startswith(COMMAND))


def _is_named(evidence: str, sentence: str) -> bool:
    """Whether a sentence names it already: `sleep 3:4` in `1 record in sleep: 3:4`."""
    said = {word.strip(",.;:()") for word in sentence.split()}
    return said.issuperset(evidence.split())


def _values(facts: Mapping[str, Any]) -> Iterator[str]:
    """Clean records, where values were asked for."""
    there = [one for one in facts.get("found", ()) if isinstance(one, Mapping)]
    for found in there:
        record = found.get("record")
        if isinstance(record, Mapping):
            if len(there) > 1:
                yield f"{facts.get('topic', '')} {found.get('partition')}:{found.get('offset')}"
            yield from (f"  {name}: {_short(value)}" for name, value in record.items() if value not in (None, [], {}))


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) > VALUES_SHOWN:
        return f"{terminal.as_json(value[:VALUES_SHOWN])[:-1]}, ... {len(value):,} in all]"
    return value if isinstance(value, str) else terminal.as_json(value, str)


def _print_rows(console: Console, rows: list[tuple[str, Text]]) -> None:
    if console.width >= WIDE:
        if rows:
            console.print(pairs(rows))
        return
    for when, what in rows:
        if len(when) <= WORD_CHARS:
            console.print(line((f"{when} " if when else "", "dim")).append_text(what))
        else:
            console.print(line(" ".join(when.split()), style="dim"))
            console.print(what)


def check_portal(*, as_json: bool) -> None:
    """Raises Misconfigured where the link would be kept somewhere: whoever has it is logged in."""
    if as_json or not terminal.console().is_terminal:
        raise Misconfigured("the portal's link logs in whoever has it: it is shown on a terminal alone, without --json")


def print_portal(settings: Settings) -> None:
    """The link to Junction's Svix portal. Raises Misconfigured without a key, Unavailable."""
    from connectors.control.portal import portal_url

    terminal.say(f"Junction's Svix portal, logged in for a while (keep it to yourself): {portal_url(settings)}")
