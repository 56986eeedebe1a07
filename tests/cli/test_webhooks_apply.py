"""`webhooks apply`, the real program: proved by a real gateway, killed at every step, and nothing twice."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from streams.simulator.management.trouble import Mishap
from tests.cli.webhook_runs import Program
from tests.connectors.control.files import TEAM, text
from tests.connectors.webhook import gateways
from tests.simulator.management.fakes import Hand, management

HEADERS = 'headers = { "X-Env" = "prod", "Authorization" = { env = "INGEST_TOKEN" } }'
TOKEN = "pLanted0-t0ken"
NOBODY = "http://127.0.0.1:9/webhooks/junction"


def prepared(folder: Path, url: str, *lines: str) -> None:
    """A secret that the gateways of tests take, and a file that wants an endpoint at `url`."""
    secret = folder / "junction.secret"
    secret.write_text(f"{gateways.SECRET}\n")
    secret.chmod(0o600)
    (folder / "webhooks.toml").write_text(text('secret_file = "junction.secret"', *lines, url=url))


def endpoints(hand: Hand) -> list[tuple[str, bool, dict[str, str]]]:
    """URL, whether it is enabled, and headers, of all that the fake has."""
    found = hand.fake.state.app(TEAM, "production").endpoints.values()
    return [(one.url, not one.is_disabled, one.headers) for one in found]


async def test_from_nothing_to_an_endpoint_that_is_proved(tmp_path: Path) -> None:
    """Planned, applied as planned, with a probe through a real gateway; then nothing is to be done."""
    with gateways.start(gateways.make_settings(), time.time) as gateway:
        async with management() as hand:
            url = f"{gateway.url}/webhooks/junction"
            prepared(tmp_path, url, HEADERS)
            program = Program(tmp_path, hand.url)
            assert (await program.run("plan", "--out", "webhooks.plan", INGEST_TOKEN=TOKEN)).code == 2
            ran = await program.run("apply", "--plan", "webhooks.plan", INGEST_TOKEN=TOKEN)
            assert ran.code == 0, ran.out + ran.err
            assert "junction: probed: " in ran.out
            assert endpoints(hand) == [(url, True, {"X-Env": "prod", "Authorization": TOKEN})]
            assert (await program.run("plan", INGEST_TOKEN=TOKEN)).code == 0
            shown = ran.out + ran.err + (tmp_path / "webhooks.plan").read_text()
            assert TOKEN not in shown
            assert gateways.SECRET.removeprefix("whsec_") not in shown
            assert gateway.publisher.records == []


async def test_a_gateway_with_another_secret(tmp_path: Path) -> None:
    """Junction is told nothing; the sentence says which secret it is about, and what to do."""
    settings = gateways.make_settings(endpoints={"junction": [gateways.OLD_SECRET]})
    with gateways.start(settings, time.time) as gateway:
        async with management() as hand:
            prepared(tmp_path, f"{gateway.url}/webhooks/junction")
            ran = await Program(tmp_path, hand.url).run("apply")
            assert ran.code == 1
            assert "left as it is: the probe of its URL failed" in ran.out
            assert "answers 401" in ran.out
            assert endpoints(hand) == []


STEPS = [("GET", "/webhook"), ("POST", "/webhook"), ("GET", "/headers"), ("PUT", "/headers"), ("PATCH", "/webhook")]


@pytest.mark.parametrize("lost", [False, True], ids=["killed", "killed with a lost answer before"])
async def test_killed_at_every_step(tmp_path: Path, lost: bool) -> None:
    """kill -9 after the effect of each call in turn, before its answer; the last run ends with one endpoint, right."""
    async with management() as hand:
        prepared(tmp_path, NOBODY, HEADERS)
        program = Program(tmp_path, hand.url)
        if lost:
            hand.fake.trouble.expect(Mishap.LOST, "POST")
        for method, part in STEPS:
            process = await program.start("apply", "--despite-probe", INGEST_TOKEN=TOKEN)
            hand.fake.trouble.after(process.kill, method, part)
            await process.communicate()
            assert process.returncode == -9, (method, part)
        ran = await program.run("apply", "--despite-probe", INGEST_TOKEN=TOKEN)
        assert ran.code == 0, ran.out + ran.err
        assert endpoints(hand) == [(NOBODY, True, {"X-Env": "prod", "Authorization": TOKEN})]
        assert hand.fake.webhooks.calls["create"] == 1
        (made,) = hand.fake.state.app(TEAM, "production").endpoints.values()
        assert made.secret == gateways.SECRET


async def test_somebody_edits_between_plan_and_apply(tmp_path: Path) -> None:
    """Exit 2 with the field; nothing is changed."""
    async with management() as hand:
        prepared(tmp_path, NOBODY)
        program = Program(tmp_path, hand.url)
        await program.run("apply", "--despite-probe")
        prepared(tmp_path, NOBODY, "rate_limit = 5")
        await program.run("plan", "--out", "webhooks.plan")
        (made,) = hand.fake.state.app(TEAM, "production").endpoints.values()
        hand.fake.state.change(made, {"rate_limit": 7})
        ran = await program.run("apply", "--plan", "webhooks.plan")
        assert ran.code == 2
        assert "junction: rate_limit is not what it was" in ran.err
        assert made.rate_limit == 7


async def test_what_is_lost_needs_its_flag(tmp_path: Path) -> None:
    """An endpoint that the file has no longer: exit 1 and the flag; with it, it is gone."""
    async with management() as hand:
        prepared(tmp_path, NOBODY)
        program = Program(tmp_path, hand.url)
        await program.run("apply", "--despite-probe")
        whole = (tmp_path / "webhooks.toml").read_text()
        (tmp_path / "webhooks.toml").write_text(whole.partition("[endpoint")[0])
        assert "--delete" in (await program.run("plan")).out
        assert (await program.run("apply")).code == 1
        assert len(endpoints(hand)) == 1
        assert (await program.run("apply", "--delete")).code == 1
        ran = await program.run("apply", "--delete", "--disable-last")
        assert ran.code == 0, ran.out + ran.err
        assert endpoints(hand) == []


def readable_by_all(folder: Path) -> None:
    prepared(folder, NOBODY)
    folder.chmod(0o755)
    (folder / "junction.secret").chmod(0o644)


async def test_a_secret_that_others_can_read() -> None:
    """Refused with the command that closes it, before anything is sent."""
    async with management() as hand:
        with TemporaryDirectory() as name:  # pytest's own folders are closed to others
            folder = Path(name)
            readable_by_all(folder)
            ran = await Program(folder, hand.url).run("apply", "--despite-probe")
        assert ran.code == 2
        assert "chmod o-rwx" in ran.err
        assert endpoints(hand) == []
