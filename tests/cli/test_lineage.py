"""`trace`, `story` and `why` against a console that answers what it was asked: words, exit codes, JSON, terminals."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from streams.lineage.index.temporary import TemporaryIndex
from streams.lineage.serving.questions import DataQuery, WhyQuery
from streams.lineage.telling import Story, StoryStep
from tests.cli.lineage_runs import LineageProgram, Ran
from tests.lineage.serving.desks import Echo, running, settings

ID = "msg_2mQ3PZ9cN0Zr0Qk1Yv1n8h2d3eF"
HERE = "http://127.0.0.1:9"  # where nobody is


class Ending(Echo):
    """Every answer has this ending, and these steps."""

    def __init__(self, ending: str, steps: Sequence[StoryStep] = ()) -> None:
        super().__init__()
        self.ending, self.steps = ending, tuple(steps)

    def _story(self, asked: Any) -> Story:
        self.asked.append(asked)
        return Story(ending=self.ending, sentence="so it is", steps=self.steps)


@asynccontextmanager
async def console(answerer: Echo, folder: Path) -> AsyncIterator[Any]:
    """Runs a command against it."""
    async with running(settings(), answerer) as url:
        program = LineageProgram(folder, {"STREAMS_CONSOLE_URL": url})

        async def run(*arguments: str | bytes) -> Ran:
            return await asyncio.to_thread(program.run, *arguments)

        yield run


async def test_what_was_asked_arrives_in_a_persons_words(tmp_path: Path) -> None:
    """Each option is a part of the question; nothing is asked for that was not said."""
    echo = Echo()
    async with console(echo, tmp_path) as run:
        await run("trace", f"  {ID}\n")
        await run("trace", ID, "--values")
        await run("story", "u", "sleep", "--day", "last-night", "--entity", "s/1", "--at", "2026-06-03T03:10")
        await run("why", "patient-7", "sleep", "--ask-junction")
    assert echo.asked == [
        (ID, False), (ID, True), DataQuery("u", "sleep", "last-night", "s/1", "2026-06-03T03:10"),
        WhyQuery("patient-7", "sleep", ask_junction=True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "ending", "code"),
    [
        *((("trace", ID), ending, 0) for ending in ("processed", "waiting", "dead", "refused", "expired")),
        (("trace", ID), "never_seen", 1), (("trace", ID), "cannot_tell", 2),
        (("story", "u", "sleep"), "found", 0), (("story", "u", "sleep"), "nothing", 1),
        (("story", "u", "sleep"), "unknown", 2), (("why", "u", "sleep"), "connection", 0),
        (("why", "u", "sleep"), "here", 0), (("why", "u", "sleep"), "nothing_known", 1),
    ],
)  # fmt: skip
async def test_a_command_ends_as_its_help_says(
    tmp_path: Path, command: tuple[str, ...], ending: str, code: int
) -> None:
    """Each ending has its code; with --json the story is printed, and nothing beside it."""
    async with console(Ending(ending), tmp_path) as run:
        ended = await run(*command, "--json")
    assert (ended.code, ended.story["ending"], ended.err) == (code, ending, "")


async def test_why_says_whether_all_was_looked_at(tmp_path: Path) -> None:
    """Nothing explains it: 1 where every cause could be checked, 2 where one could not."""
    step = StoryStep(kind="door", sentence="?", facts={"holds": "unknown"})
    async with console(Ending("nothing_known", [step]), tmp_path) as run:
        assert (await run("why", "u", "sleep")).code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trace", ""), "it is empty"), (("trace", "x" * 100_000), "100,000 characters"),
        (("trace", "../../etc/passwd"), "it is a path"), (("trace", b"msg_\xff"), "cannot be printed"),
        (("trace", "a\x1b[2Jb"), "cannot be printed"), (("story", "", "sleep"), "the user is missing"),
        (("story", "u\x07", "sleep"), "the user has characters"),
        (("story", "u", "s" * 1000), "the resource has 1,000"),
        (("story", b"\xed\xa0\x80", "sleep"), "the user has characters"),
        (("story", "u", "sleep", "--day", "9" * 70_000), "the day has 70,000"),
        (("why", "u" * 300, "sleep"), "the user has 300"), (("story", "u", "sleep", "--entity", "\n\n"), "the entity"),
    ],
)  # fmt: skip
def test_words_that_ask_nothing_are_a_sentence(tmp_path: Path, arguments: tuple[str | bytes, ...], said: str) -> None:
    """Exit 2, which words there are, and no question to anybody; what was given is not printed on the terminal."""
    ended = LineageProgram(tmp_path, {"STREAMS_CONSOLE_URL": HERE}).run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert len(ended.err) < 600
    assert "\x1b" not in ended.err
    if arguments[0] == "trace":
        assert "Ids of deliveries are: msg_" in ended.err


async def test_a_console_wants_a_token(tmp_path: Path) -> None:
    """Exit 2 and the setting's name; the token of the settings is shown, and is in no output."""
    from pydantic import SecretStr

    async with running(settings(query_token=SecretStr("s3cret-word")), Echo()) as url:
        program = LineageProgram(tmp_path, {"STREAMS_CONSOLE_URL": url})
        refused = await asyncio.to_thread(program.run, "trace", ID)
        wrong = await asyncio.to_thread(program.run, "trace", ID, STREAMS_QUERY_TOKEN="s3cret-wor")
        right = await asyncio.to_thread(program.run, "trace", ID, STREAMS_QUERY_TOKEN="s3cret-word")
    assert [one.code for one in (refused, wrong, right)] == [2, 2, 0]
    assert "STREAMS_QUERY_TOKEN" in refused.err
    assert "s3cret" not in wrong.err + right.err + right.out


def test_nobody_there_and_no_kafka(tmp_path: Path) -> None:
    """Two sentences: who would have answered, and what to set; exit 2."""
    ended = LineageProgram(tmp_path, {"STREAMS_CONSOLE_URL": HERE}).run("trace", ID)
    assert ended.code == 2
    assert "no console answers at http://127.0.0.1:9" in ended.err
    assert "junction-streams lineage serve" in ended.err
    assert "STREAMS_BOOTSTRAP_SERVERS" in ended.err


def test_a_day_that_is_none_is_not_read_for(tmp_path: Path) -> None:
    """Without a console nothing is read before the words are known to ask something."""
    program = LineageProgram(tmp_path, {"STREAMS_CONSOLE_URL": HERE, "STREAMS_BOOTSTRAP_SERVERS": "127.0.0.1:9"})
    for day, said in (("2026-02-30", "the calendar has no"), ("300000-01-01", "four digits"), ("2999-01-01", "begun")):
        ended = program.run("story", "u", "sleep", "--day", day)
        assert ended.code == 2
        assert said in ended.err
        assert "The index has what was processed from" in ended.err


async def test_a_strangers_words_move_no_cursor(tmp_path: Path) -> None:
    """Whatever stands in an answer is escaped on the terminal, and plain in JSON."""
    bad = "\x1b]0;owned\x07\u202e[bold]x[/bold]\n  ID: y"
    step = StoryStep(kind="k", sentence=bad, at_ms=1, evidence=(bad,), facts={"found": [{"record": {bad: bad}}]})
    async with console(Ending("processed", [step]), tmp_path) as run:
        shown = (await run("trace", ID)).out
        (told,) = (await run("trace", ID, "--json")).story["steps"]
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "[bold]x" in shown
    assert told["sentence"] == bad


async def test_readers_stand_beside_what_they_read(tmp_path: Path) -> None:
    """The distance that is printed is that of --json: from what was read, and not from another reader."""
    steps = [
        StoryStep(kind="clean", sentence="1 record in sleep", at_ms=1_780_500_000_000),
        StoryStep(kind="read", sentence="a read it", at_ms=1_780_500_060_000, facts={"after_ms": 60_000}),
        StoryStep(kind="read", sentence="b read it", at_ms=1_780_500_063_000, facts={"after_ms": 63_000}),
    ]
    async with console(Ending("processed", steps), tmp_path) as run:
        said = (await run("trace", ID)).out
    assert "+1 min " in said
    assert "+1 min 3 s" in said


def test_no_lineage_no_console(tmp_path: Path) -> None:
    """Where workers write none there is nothing to keep: a sentence, exit 2. So is an address that others reach."""
    program = LineageProgram(tmp_path, {"STREAMS_BOOTSTRAP_SERVERS": "127.0.0.1:9", "STREAMS_REGISTRY_URL": HERE})
    none = program.run("lineage", "serve", STREAMS_LINEAGE_DAYS="0")
    assert (none.code, "STREAMS_LINEAGE_DAYS is 0" in none.err) == (2, True)
    everybody = program.run("lineage", "serve", STREAMS_CONSOLE_HOST="192.168.7.7")
    assert (everybody.code, "STREAMS_QUERY_TOKEN" in everybody.err) == (2, True)


def test_who_is_forgotten_is_on_the_list_without_an_id(tmp_path: Path) -> None:
    """`lineage forget` needs no console; the file beside the index holds no id. An app's own id is found by the index,
    whoever keeps it, and nothing is written to its files; nobody's is a sentence, and is not put on the list."""
    user = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
    program = LineageProgram(tmp_path)
    assert program.run("lineage", "forget", user.upper()).code == 0
    listed = (tmp_path / "index.forgotten").read_text()
    assert user not in listed.lower()
    assert program.run("lineage", "forget", "app-7").code == 2
    (tmp_path / "index").mkdir()
    with closing(TemporaryIndex(tmp_path / "index")) as index:
        index.writer.add_client("app-7", "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e78", 1)
        index.writer.commit()
        index.store.database.flush()
        before = sorted((one.name, one.stat().st_mtime_ns) for one in (tmp_path / "index" / "files").iterdir())
        found = program.run("lineage", "forget", " app-7 ")
        assert before == sorted((one.name, one.stat().st_mtime_ns) for one in (tmp_path / "index" / "files").iterdir())
    assert (found.code, "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e78" in found.out) == (0, True)
    assert len((tmp_path / "index.forgotten").read_text().splitlines()) == len(listed.splitlines()) + 1
    again = program.run("lineage", "forget", "")
    assert (again.code, "no user" in again.err) == (2, True)


def test_the_portal_is_for_a_terminal(tmp_path: Path) -> None:
    """A link that logs in whoever has it goes into no pipe and no JSON; nothing is asked before."""
    for more in ((), ("--json",)):
        ended = LineageProgram(tmp_path, {"STREAMS_CONSOLE_URL": HERE}).run("trace", ID, "--portal", *more)
        assert (ended.code, ended.out) == (2, "")
        assert "on a terminal alone" in ended.err


async def test_json_is_one_line_for_machines(tmp_path: Path) -> None:
    """As the console told it, with numbers that JSON has."""
    step = StoryStep(kind="clean", sentence="1 record", facts={"found": [{"record": {"value": float("nan")}}]})
    async with console(Ending("processed", [step]), tmp_path) as run:
        out = (await run("trace", ID, "--json", "--values")).out
    assert json.loads(out, parse_constant=pytest.fail)["steps"][0]["facts"]["found"] == [{"record": {"value": None}}]
    assert out.count("\n") == 1
