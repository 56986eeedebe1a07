"""With the dashboard alone: what a person is told to do, and what is seen of it from here."""

import time
from pathlib import Path

from connectors.control import guided
from connectors.control.file import WantedEndpoint
from streams.ops.lines import State
from tests.connectors.control.files import parsed, text
from tests.connectors.webhook import gateways


def endpoint(folder: Path, url: str, secret: str = gateways.SECRET) -> WantedEndpoint:
    path = folder / "junction.secret"
    path.write_text(f"{secret}\n")
    path.chmod(0o600)
    return parsed(text(f'secret_file = "{path}"', url=url)).endpoint("junction")


def deliver(gateway: gateways.Running, secret: str) -> None:
    """An event as Junction sends it."""
    body = gateways.body_of()
    assert gateway.post(body, gateways.signed(body, secret=secret, now_s=int(time.time()))).status_code == 204


def test_the_steps_say_all_that_the_file_does() -> None:
    """URL, tag, event types by the shorter list, limit, names of headers; no value of one."""
    lines = ['events = ["*", "!labtest.*"]', "rate_limit = 5", 'headers = { A = { env = "TOKEN" } }', "enabled = false"]
    wanted = parsed(text(*lines), TOKEN="pLanted0").endpoint("junction")
    said = "\n".join(line for step in guided.steps(wanted, "sandbox") for line in (step.title, *step.does, step.seen))
    for words in (
        wanted.url,
        "sandbox",
        "[junction-streams:junction]",
        "all but: labtest.appointment.created",
        "5 per",
    ):
        assert words in said
    assert "custom headers: A," in said
    assert "Disable it" in said
    assert "pLanted0" not in said


async def test_without_a_secret_the_file_is_named() -> None:
    """The first thing to do, and no probe; no word of making a secret, which the dashboard has done."""
    settings = gateways.make_settings(endpoints={})
    for lines, found in (([], "set secret_file"), (['secret_file = "none"'], "there is no none yet")):
        (line,) = await guided.look(parsed(text(*lines)).endpoint("junction"), settings)
        assert line.state is State.WRONG
        assert found in line.found
        assert "the dashboard shows the secret" in line.change
        assert "webhooks secret" not in f"{line.found} {line.change}"


async def test_a_delivery_proves_the_secret(tmp_path: Path) -> None:
    """Before: to look at, with what to press. After one with the newest secret: fine. With the old one alone: told."""
    with gateways.start(gateways.make_settings(), time.time) as gateway:
        wanted = endpoint(tmp_path, f"{gateway.url}/webhooks/junction")
        before = (await guided.look(wanted, gateway.settings))[-1]
        assert (before.about, before.state) == ("delivery", State.LOOK_AT)
        assert "Send Example" in before.change
        deliver(gateway, gateways.OLD_SECRET)
        old = (await guided.look(wanted, gateway.settings))[-1]
        assert old.state is State.LOOK_AT
        assert "Copy it again" in old.change
        deliver(gateway, gateways.SECRET)
        after = (await guided.look(wanted, gateway.settings))[-1]
        assert after.state is State.OK
        assert "Junction has it" in after.found


async def test_a_gateway_without_the_secret(tmp_path: Path) -> None:
    """The step before: no delivery is looked for."""
    with gateways.start(gateways.make_settings(endpoints={"junction": [gateways.OLD_SECRET]}), time.time) as gateway:
        lines = await guided.look(endpoint(tmp_path, f"{gateway.url}/webhooks/junction"), gateway.settings)
        assert [line.about for line in lines if line.state is State.WRONG] == ["secret"]
        assert "delivery" not in [line.about for line in lines]
