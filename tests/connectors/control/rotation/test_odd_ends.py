"""What people do between the steps of a rotation: turn it back, restore a file, mistype, share a file, stop it."""

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.control import signing_secret
from connectors.control.rotation.journal import JournalFile, RotationStep
from connectors.control.rotation.secret_file import SecretFile
from connectors.control.rotation.steps import Rotator
from streams.ops.errors import Misconfigured
from tests.connectors.control.rotation.stage import RotationStage, print_of, stage
from tests.connectors.control.rotation.test_rotation import command, quick
from tests.connectors.control.rotation.test_steps import rotated

__all__ = ["quick"]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[RotationStage]:
    with stage(tmp_path, 1) as made:
        yield made


@pytest.mark.parametrize("is_leaked", [False, True])
async def test_turned_back_in_the_dashboard(one: RotationStage, is_leaked: bool) -> None:
    """For a day both sign, so deliveries look well; a day later the old one signs alone. So it must not go out."""
    said: list[str] = []
    await rotated(one, "rotate", said)
    one.endpoint.rotate(one.first, time.time(), 86_400, 10)
    assert one.gateways[0].post(*one.live()) == 204
    with pytest.raises(Misconfigured, match="turned the secret of junction back") as told:
        await (rotated(one, "rotate", said, is_leaked=True) if is_leaked else rotated(one, "finish", said))
    assert "--take-theirs" in str(told.value)
    assert one.first in one.secrets()
    await rotated(one, "take_theirs", said)
    assert one.gateways[0].post(one.first) == 204


async def test_an_older_file_restored(one: RotationStage) -> None:
    """The new secret is gone from it: --finish says so, and takes nothing out; rotate puts it back."""
    said: list[str] = []
    before = one.file.read_text()
    await rotated(one, "rotate", said)
    after = one.secrets()
    one.file.write_text(before)
    with pytest.raises(Misconfigured, match="does not hold"):
        await rotated(one, "finish", said)
    assert one.secrets() == [one.first]
    await rotated(one, "rotate", said)
    assert one.secrets() == after


async def test_what_is_no_secret_is_not_taken(one: RotationStage) -> None:
    """Mistyped, nothing is noted: the rotation that was under way is as it was."""
    said: list[str] = []
    place = await rotated(one, "rotate", said)
    before = one.journal.read_bytes()
    place = dataclasses.replace(place, junction=None)
    for given in ("", "whsec_", "whsec_c2hvcnQ=", "whpk_" + "A" * 43 + "=", "not a secret"):
        with pytest.raises(Misconfigured):
            await Rotator(place).take_theirs(SecretStr(given))
    assert one.journal.read_bytes() == before


async def test_two_endpoints_with_one_file(one: RotationStage) -> None:
    """The other's deliveries would be refused when the old one goes: nothing is begun, and both are named."""
    again = one.toml.read_text().partition("[endpoint.junction]")[2].replace("webhooks/junction", "webhooks/other")
    one.toml.write_text(f"{one.toml.read_text()}\n[endpoint.other]{again}")
    with pytest.raises(Misconfigured, match=r"\[endpoint\.other\]"):
        await rotated(one, "rotate", [])
    assert one.secrets() == [one.first]


async def test_another_one_after_a_stopped_end(one: RotationStage) -> None:
    """--again ends what was stopped while the old one was taken out, and then turns: exit 0 means that it did."""
    said: list[str] = []
    place = await rotated(one, "rotate", said)
    first_new = one.secrets()[0]
    Rotator(place)._note(step=RotationStep.REMOVING)
    await rotated(one, "rotate", said, again=True)
    assert one.secrets()[1:] == [first_new]
    assert one.live()[0] == one.secrets()[0]


async def test_leaked_and_stopped_is_not_turned_twice(one: RotationStage) -> None:
    """Run again after a kill, `--leaked --again` goes on; one more secret would be one more of ten."""
    said: list[str] = []
    place = await rotated(one, "rotate", said)
    Rotator(place)._note(is_leaked=True)
    await rotated(one, "rotate", said, again=True, is_leaked=True)
    assert one.management.webhooks.calls["rotate"] == 1
    assert one.secrets() == one.live()[:1]


async def test_leaked_says_which_one_goes(one: RotationStage) -> None:
    """In an overlap two are live. Whoever means the newer one learns the command for it."""
    said: list[str] = []
    await rotated(one, "rotate", said)
    await rotated(one, "rotate", said, is_leaked=True)
    assert any("--leaked --again" in text and print_of(one.first) in text for text in said)


def test_a_secret_has_one_fingerprint_however_it_is_written() -> None:
    """With `whsec_` or without: what is compared at Junction is the key."""
    text = signing_secret.make().get_secret_value()
    assert print_of(text) == print_of(text.removeprefix("whsec_"))


def test_a_symlink_that_leads_to_itself(tmp_path: Path) -> None:
    """Is a sentence, as any file that cannot be read."""
    (tmp_path / "s").symlink_to(tmp_path / "s")
    with pytest.raises(Misconfigured, match="cannot read"):
        SecretFile(tmp_path / "s")


def test_a_journal_that_is_none(tmp_path: Path) -> None:
    """What it says to do works: --status reads it, too, so the file goes away first."""
    (tmp_path / "junction.rotation.json").write_text("{")
    with pytest.raises(Misconfigured, match="move the file away, and look with --status"):
        JournalFile(tmp_path / "s", "junction").read()


def test_an_error_is_in_the_json_too(one: RotationStage) -> None:
    """Beside what was done until then; the exit is the same."""
    theirs = signing_secret.make().get_secret_value()
    one.endpoint.rotate(theirs, time.time(), 86_400, 10)
    done = command(one, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["done"]) == (2, [])
    assert "--take-theirs" in said["error"]
    assert theirs not in done.stdout


def test_an_older_file_restored_without_a_key(one: RotationStage) -> None:
    """Once a person was told to give the new one to Junction, it may sign with it: no other is made in its place."""
    no_key = {"STREAMS_JUNCTION_MANAGEMENT_KEY": ""}
    before = one.file.read_text()
    assert command(one, **no_key).returncode == 2
    one.file.write_text(before)
    done = command(one, **no_key)
    assert (done.returncode, one.secrets()) == (2, [one.first])
    assert "does not hold" in done.stderr
