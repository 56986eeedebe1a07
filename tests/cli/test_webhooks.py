"""`webhooks`: what the program prints, its exit codes, and the files that it makes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.simulator.management.fake import FakeManagement
from streams.simulator.management.trouble import Mishap
from tests.cli.webhook_runs import Program
from tests.connectors.control.files import TEAM, URL, text
from tests.simulator.management.fakes import management

HEADERS = 'headers = { "X-Env" = "prod", "Authorization" = { env = "INGEST_TOKEN" } }'
TOKEN = "pLanted0-t0ken"


def write(folder: Path, *lines: str) -> None:
    (folder / "webhooks.toml").write_text(text('secret_file = "junction.secret"', *lines))


def adopted(fake: FakeManagement) -> None:
    """One endpoint of ours, as `write` wants it."""
    app = fake.state.app(TEAM, "production")
    fake.state.add(app, {"url": URL, "description": "[junction-streams:junction]", "disabled": False}, None)


def test_the_help_teaches() -> None:
    """What the file is, what is ours, the three cases, and what to do first."""
    shown = " ".join(CliRunner().invoke(app, ["webhooks", "--help"]).output.split())
    for words in ("webhooks.toml", "[junction-streams:NAME]", "dashboard only", "management key", "Svix token", "plan"):
        assert words in shown


async def test_a_plan_has_its_exit_codes(tmp_path: Path) -> None:
    """2: something is to be done; 0: nothing; 1: an error; 3: Junction does not answer."""
    async with management() as hand:
        program = Program(tmp_path, hand.url)
        assert (await program.run("plan")).code == 1
        write(tmp_path)
        ran = await program.run("plan", "--out", "webhooks.plan")
        assert ran.code == 2, ran.err
        assert "+ junction is to be made" in ran.out
        assert ran.out.startswith("Case: management key")
        assert (tmp_path / "webhooks.plan").stat().st_mode & 0o777 == 0o600
        adopted(hand.fake)
        assert (await program.run("plan")).code == 0
        hand.fake.trouble.expect(Mishap.BROKEN, "GET", times=9)
        ran = await program.run("plan", STREAMS_JUNCTION_PATIENCE_S="0.1")
        assert ran.code == 3
        assert "Traceback" not in ran.err


async def test_a_plan_for_machines(tmp_path: Path) -> None:
    """One line of JSON, and nothing else on standard output."""
    async with management() as hand:
        write(tmp_path, HEADERS, "rate_limit = 5")
        adopted(hand.fake)
        ran = await Program(tmp_path, hand.url).run("plan", "--json", INGEST_TOKEN=TOKEN)
        assert ran.code == 2, ran.err
        said = json.loads(ran.out)
        assert said["endpoints"][0]["changes"] == [
            ["rate_limit", None, 5],
            ["headers.Authorization", "absent", "a secret value"],
            ["headers.X-Env", "absent", "prod"],
        ]
        assert TOKEN not in ran.out + ran.err


@pytest.mark.parametrize(
    ("lines", "key", "words"),
    [
        (["rate_limt = 1"], "mg_fake", "webhooks.toml: line 9: unknown: 'rate_limt' (did you mean 'rate_limit'?)"),
        (['events = ["labtests.*"]'], "mg_fake", "fits no event type that Junction documents"),
        (['headers = { "User-Agent" = "x" }'], "mg_fake", "is one that Svix sets itself"),
        ([HEADERS], "mg_fake", "export INGEST_TOKEN before this command"),
        ([], "sk_us_abc", "holds a team's key"),
        ([], "mg_wrong", "Junction refuses STREAMS_JUNCTION_MANAGEMENT_KEY (HTTP 401)"),
    ],
)
async def test_bad_input_is_a_sentence(tmp_path: Path, lines: list[str], key: str, words: str) -> None:
    """Exit 1 of `plan`, the place and what to do; no traceback, no key, and no call that changes anything."""
    async with management() as hand:
        write(tmp_path, *lines)
        ran = await Program(tmp_path, hand.url, key).run("plan")
        assert ran.code == 1
        assert words in ran.err
        assert "Traceback" not in ran.err
        assert key not in ran.err
        assert not hand.fake.webhooks.calls.keys() - {"list"}


async def test_list_and_adopt(tmp_path: Path) -> None:
    """What there is, whose it is; taken over it is ours, and nothing else is changed."""
    async with management() as hand:
        write(tmp_path)
        made = await hand.make(description="by hand", rate_limit=3)
        program = Program(tmp_path, hand.url)
        listed = await program.run("list")
        assert (made["id"] in listed.out, "not ours" in listed.out, "3/s" in listed.out) == (True, True, True)
        ran = await program.run("adopt", made["id"], "junctoin")
        assert ran.code == 2
        assert "did you mean 'junction'" in ran.err
        ran = await program.run("adopt", made["id"], "junction")
        assert ran.code == 0, ran.err
        assert "ours: junction" in (await program.run("list")).out
        assert hand.fake.webhooks.calls["patch"] == 1
        (row,) = json.loads((await program.run("list", "--json")).out)
        assert (row["name"], row["rate_limit"]) == ("junction", 3)


async def test_a_secret_is_shown_by_its_fingerprint(tmp_path: Path) -> None:
    """A new file for its user alone; the secret is on no screen; a file that is there stays."""
    program = Program(tmp_path, "http://127.0.0.1:9")
    ran = await program.run("secret", "junction.secret")
    assert ran.code == 0, ran.err
    path = tmp_path / "junction.secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().strip() not in ran.out + ran.err
    assert "fingerprint" in ran.out
    before = path.read_text()
    assert (await program.run("secret", "junction.secret")).code == 2
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("more", "case"),
    [
        ({"STREAMS_JUNCTION_MANAGEMENT_KEY": ""}, "Case: dashboard only"),
        ({}, "Case: management key: "),
        ({"STREAMS_SVIX_TOKEN": "testsk_fake", "STREAMS_SVIX_APP_ID": "app_1"}, "Case: management key and Svix token"),
    ],
)
async def test_every_command_says_which_case_it_is_in(tmp_path: Path, more: dict[str, str], case: str) -> None:
    """By what credentials there are; with the dashboard alone the steps are printed, and a person has to act: 2."""
    async with management() as hand:
        write(tmp_path)
        program = Program(tmp_path, hand.url)
        for command in ("plan", "apply"):
            ran = await program.run(command, **more)
            assert ran.out.startswith(case), ran.err
            if case.endswith("only"):
                assert ran.code == 2
                assert "step 1: Make the endpoint" in ran.out
                assert not hand.fake.webhooks.calls
