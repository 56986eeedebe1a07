"""The pages' command lines are commands that exist, with the options that they show."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from streams.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/runbook/*.md")])
NAME = "junction-streams "
_STOP = {"&", "&&", "|", ";", ">", "2>", "#"}  # where a shell's own words begin
_Refused = typer.BadParameter.__mro__[1]  # what is wrong with a command line, of the Click that Typer brings


def commands(text: str) -> list[tuple[list[str], bool]]:
    """Words of each command of a page, and whether it stands in a block and so has to be whole."""
    blocks = re.findall(r"^(?: {4}|\t).*$|^```.*?^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    lines = [line for block in blocks for line in block.splitlines() if not set(line) & set("·`")]
    found = [(line, True) for line in lines] + [(span, False) for span in spans]
    return [
        (words, whole) for line, whole in found for start in starts(line) if (words := _words(line[start:])) is not None
    ]


def starts(line: str) -> list[int]:
    """Behind each `junction-streams ` that is the program and not a part of a name or path."""
    return [one.end() for one in re.finditer(rf"(?<![\w/@-])(?<!entrypoint ){NAME}", line)]


def _words(rest: str) -> list[str] | None:
    """Up to the shell's next word; None where it is prose."""
    try:
        words = shlex.split(rest, comments=True)
    except ValueError:
        return None
    end = next((place for place, word in enumerate(words) if word in _STOP), len(words))
    return [word.strip("[]") for word in words[:end]]


def refused(words: list[str], whole: bool) -> str:
    """What the command line says of them; "" where it takes them. A file that is not here is fine."""
    try:
        _parse(typer.main.get_command(app), words)
    except typer.Exit:  # --help
        return ""
    except _Refused as error:
        said: str = error.format_message()
        lacks = type(error).__name__ in {"MissingParameter", "NoArgsIsHelpError"}
        return "" if "does not exist" in said or (lacks and not whole) else said
    return ""


def _parse(command: Any, words: list[str]) -> None:
    parent = command.context_class(command, info_name=NAME)
    while isinstance(command, TyperGroup) and words:
        _, command, words = command.resolve_command(parent, words)
    command.make_context(command.name, list(words), parent=parent)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_shows_commands_that_exist(page: Path) -> None:
    """Each is taken by the command line as it stands: command, options, and in a block every argument, too."""
    wrong = [(words, said) for words, whole in commands(page.read_text()) if (said := refused(words, whole))]
    assert not wrong


def test_a_command_that_does_not_exist_is_found() -> None:
    """A name, an option and a missing argument are each refused; a comment and the shell's part are not looked at."""
    page = "    junction-streams topics plant\n    junction-streams topics plan --nothing\n"
    page += "    junction-streams status  # of\n"
    page += "    junction-streams topics apply && junction-streams schemas register\n`junction-streams status`\n"
    said = [bool(refused(words, whole)) for words, whole in commands(page)]
    assert said == [True, True, True, False, False, False]
