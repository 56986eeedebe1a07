"""`webhooks rotate` in a process of its own, with real gateways and the fake Junction over HTTP."""

import json
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.control import signing_secret
from connectors.webhook import secret_watch
from streams.simulator.management.trouble import Mishap
from tests.connectors.control.rotation.killed import die_before
from tests.connectors.control.rotation.stage import RotationStage, print_of, stage
from tests.forked import run_command

RUN_S = 120


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gateways look at their files more often."""
    monkeypatch.setattr(secret_watch, "CHECK_EVERY_S", 0.05)
    monkeypatch.setattr(secret_watch.SecretWatch.__init__, "__kwdefaults__", {"settled_s": 0.02})


@pytest.fixture
def two(tmp_path: Path) -> Iterator[RotationStage]:
    with stage(tmp_path) as made:
        yield made


def command(made: RotationStage, *args: str, before: Callable[[], None] | None = None, **more: str) -> Any:
    """The command's end. Its log is kept with what it prints. `before`: called first in its process."""
    words, env = ["webhooks", "rotate", "junction", "--file", str(made.toml)], made.env | more
    return run_command(*words, *args, env=env, timeout_s=RUN_S, before=before)


def ok(made: RotationStage, *args: str, **more: str) -> str:
    done = command(made, *args, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def age(made: RotationStage, by_s: float) -> None:
    """Everything that the journal knows lies so much longer ago."""
    text = json.loads(made.journal.read_text())
    for one in [*text["past"], *filter(None, [text["rotation"]])]:
        one.update({name: value - by_s for name, value in one.items() if name.endswith("_s") and value})
    made.journal.write_text(json.dumps(text))


def test_from_the_first_secret_to_the_next(two: RotationStage) -> None:
    """File, gateways, Junction, in this order; nothing is refused meanwhile; comments, mode and journal are as they
    were and have to be."""
    ok(two)
    new = two.secrets()[0]
    assert (two.secrets(), two.live()) == ([new, two.first], [new, two.first])
    assert two.file.read_text().startswith("# of the stage\n")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (two.file, two.journal)] == [0o640, 0o600]
    assert two.management.webhooks.calls["rotate"] == 1
    assert [one.post(*two.live()) for one in two.gateways] == [204, 204]


def test_run_again_it_rotates_once(two: RotationStage) -> None:
    """Whoever does not know whether it ran, runs it; a second rotation is asked for by --again."""
    ok(two)
    assert "already" in ok(two)
    assert two.management.webhooks.calls["rotate"] == 1
    ok(two, "--again")
    assert (two.management.webhooks.calls["rotate"], len(two.secrets())) == (2, 3)
    assert set(two.live()) == set(two.secrets())


def test_one_gateway_that_keeps_the_old_secret(two: RotationStage, tmp_path: Path) -> None:
    """Junction is not called: it would sign with what one of two gateways refuses. The gateway is named."""
    apart = tmp_path / "apart"
    apart.write_text(two.file.read_text())
    two.gateways[1].path = apart
    two.gateways[1].restart()
    done = command(two, "--wait", "1")
    assert (done.returncode, two.management.webhooks.calls["rotate"]) == (2, 0)
    assert two.gateways[1].url.removeprefix("http://") in done.stderr
    assert two.live() == [two.first]
    assert [one.post(two.first) for one in two.gateways] == [204, 204]
    apart.write_text(two.file.read_text())  # somebody copies it there
    ok(two)
    assert two.live() == two.secrets()


def test_a_gateway_that_is_away(two: RotationStage) -> None:
    """Nothing is changed, and the exit says that a system does not answer."""
    two.gateways[1].stop()
    done = command(two, "--wait", "0")
    assert (done.returncode, two.secrets(), two.management.webhooks.calls["rotate"]) == (3, [two.first], 0)


@pytest.mark.parametrize("mishap", [Mishap.LOST, Mishap.BROKEN, Mishap.LIMITED])
def test_an_answer_that_is_lost(two: RotationStage, mishap: Mishap) -> None:
    """Junction is asked what it has before it is sent anything again: the new secret is never among its old ones."""
    two.management.trouble.expect(mishap, "POST", "/rotate")
    ok(two)
    assert two.management.webhooks.calls["rotate"] == 1
    assert two.live() == two.secrets()


def test_finish_needs_the_new_ones_deliveries(two: RotationStage) -> None:
    """Days later, the old one's counter stands still, and so does the new one's: it stays, exit 1."""
    ok(two)
    age(two, 100 * 3600)
    done = command(two, "--finish")
    assert (done.returncode, len(two.secrets())) == (1, 2)
    assert "no delivery has been proved by the new one" in done.stdout


def test_a_gateway_that_restarted_in_the_overlap(two: RotationStage) -> None:
    """It counts from its start, so the 25 h begin there; deliveries are taken all the time."""
    ok(two)
    assert two.gateways[0].post(*two.live()) == 204
    two.gateways[0].restart()
    age(two, 100 * 3600)
    assert [one.post(*two.live()) for one in two.gateways] == [204, 204]
    done = command(two, "--finish")
    assert (done.returncode, len(two.secrets())) == (1, 2)
    assert "a gateway began to count" in done.stdout


def test_leaked_goes_at_once(two: RotationStage) -> None:
    """Out of file and gateways; what Junction sends carries both signatures, and is taken."""
    ok(two, "--leaked")
    (new,) = two.secrets()
    assert two.live() == [new, two.first]
    assert [one.post(two.first) for one in two.gateways] == [401, 401]
    assert [one.post(*two.live()) for one in two.gateways] == [204, 204]
    assert json.loads(two.journal.read_text())["rotation"] is None


def test_leaked_after_a_rotation(two: RotationStage) -> None:
    """In the overlap it takes the old one out, and rotates no second time."""
    ok(two)
    ok(two, "--leaked")
    assert (len(two.secrets()), two.management.webhooks.calls["rotate"]) == (1, 1)
    assert "nothing to finish" in ok(two, "--finish")


def test_somebody_rotated_in_the_dashboard(two: RotationStage) -> None:
    """A third secret at Junction stops it before anything is sent; --take-theirs goes on with that one."""
    theirs = signing_secret.make().get_secret_value()
    two.management.trouble.after(lambda: two.endpoint.rotate(theirs, time.time(), 86_400, 10), "GET", "/secret")
    done = command(two)
    assert (done.returncode, two.management.webhooks.calls["rotate"]) == (2, 0)
    assert "somebody rotated in the dashboard" in done.stderr
    ours = two.secrets()[0]
    ok(two, "--take-theirs")
    assert two.secrets() == [theirs, ours, two.first]
    assert [one.post(theirs) for one in two.gateways] == [204, 204]
    ok(two, "--leaked")
    assert two.secrets() == [theirs]


def test_a_secret_of_junction_that_the_file_lacks(two: RotationStage) -> None:
    """Said before anything is changed, with the command that mends it."""
    theirs = signing_secret.make().get_secret_value()
    two.endpoint.rotate(theirs, time.time(), 86_400, 10)
    done = command(two)
    assert (done.returncode, two.secrets(), two.journal.exists()) == (2, [two.first], False)
    assert "--take-theirs" in done.stderr
    ok(two, "--take-theirs")
    assert two.secrets() == [theirs, two.first]


def test_the_eleventh_in_a_day(two: RotationStage) -> None:
    """Told before anything is made, with the time at which it is possible again."""
    now_s = time.time()
    past = [{"new": "00000000", "sent_s": now_s - 3600 - n, "finished_s": 0.0} for n in range(10)]
    two.journal.write_text(json.dumps({"rotation": None, "past": past}))
    done = command(two)
    assert (done.returncode, two.secrets(), two.management.webhooks.calls["rotate"]) == (2, [two.first], 0)
    assert "limit_reached" in done.stderr


def test_the_eleventh_that_only_junction_knows(two: RotationStage) -> None:
    """Rotations of the dashboard are in no journal of ours: its refusal is a sentence, and nothing is lost."""
    for _ in range(10):
        two.endpoint.rotate(two.first, time.time(), 86_400, 10)
    done = command(two)
    assert done.returncode == 2
    assert "limit_reached" in done.stderr
    assert [one.post(two.first) for one in two.gateways] == [204, 204]


def test_without_a_key(two: RotationStage) -> None:
    """Guided: the step in the dashboard is printed, exit 2; its effect is seen by what a delivery is signed with."""
    no_key = {"STREAMS_JUNCTION_MANAGEMENT_KEY": ""}
    done = command(two, **no_key)
    assert done.returncode == 2
    assert "dashboard only" in done.stdout
    assert "Rotate" in done.stdout
    assert [one.post(two.first) for one in two.gateways] == [204, 204]
    assert command(two, **no_key).returncode == 2  # nothing was done there yet
    two.endpoint.rotate(two.secrets()[0], time.time(), 86_400, 10)
    assert two.gateways[1].post(*two.live()) == 204
    assert "--finish" in ok(two, **no_key)


def test_status_and_dry_run_change_nothing(two: RotationStage) -> None:
    """They show file, Junction, and each process; JSON as well."""
    before = two.file.read_bytes()
    said = json.loads(ok(two, "--status", "--json"))
    assert (said["step"], said["junction"], said["file"]) == (None, print_of(two.first), [print_of(two.first)])
    assert len(said["gateways"]) == 2
    assert "rotate at Junction" in ok(two, "--dry-run")
    assert (two.file.read_bytes(), two.journal.exists()) == (before, False)
    ok(two)
    said = json.loads(ok(two, "--status", "--json"))
    assert (said["step"], said["may_finish"]) == ("confirmed", False)
    assert said["junction"] == said["new"] == print_of(two.secrets()[0])


def test_a_file_that_others_can_read(two: RotationStage) -> None:
    """The new secret would be theirs, too."""
    for folder in two.file.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    two.file.chmod(0o644)
    done = command(two)
    assert (done.returncode, two.secrets()) == (2, [two.first])
    assert "chmod o-" in done.stderr


def test_killed_at_each_step(tmp_path: Path) -> None:
    """SIGKILL before each replacement of a file and each call: run again it ends as if nothing had been, with one
    secret at Junction, one rotation, nothing refused and nothing left behind."""
    # Killed after one of them it leaves what it leaves before the next, but for the file that waits to replace another.
    at, is_killed = 0, True
    while is_killed:
        folder = tmp_path / str(at)
        folder.mkdir()
        with stage(folder) as made:
            killed = command(made, "--leaked", before=partial(die_before, at))
            is_killed = killed.returncode == -signal.SIGKILL
            assert is_killed or killed.returncode == 0, killed.stdout + killed.stderr
            assert [one.post(*made.live()) for one in made.gateways] == [204, 204]
            if not _is_over(made):
                ok(made, "--leaked")
            _as_if_nothing_had_been(made)
        at += 1
    assert at > 7


def _is_over(made: RotationStage) -> bool:
    """As the journal has it: then another run would be another rotation."""
    found = json.loads(made.journal.read_text()) if made.journal.exists() else {"past": []}
    return bool(found["past"])


def _as_if_nothing_had_been(made: RotationStage) -> None:
    (only,) = made.secrets()
    assert made.management.webhooks.calls["rotate"] == 1
    assert made.live() == [only, made.first]
    assert [one.post(made.first) for one in made.gateways] == [401, 401]
    assert [one.post(*made.live()) for one in made.gateways] == [204, 204]
    left = sorted(path.name for path in made.folder.iterdir())
    assert left == ["junction.rotation.json", "junction.secret", "webhooks.toml"]


def test_no_secret_is_told(two: RotationStage) -> None:
    """Not by the journal, not by what is printed, not by an error; and none is an argument of a process."""
    said = [ok(two), ok(two, "--status", "--json"), ok(two, "--json"), command(two, "--finish").stdout]
    two.endpoint.rotate(None, time.time(), 86_400, 10)
    failed = command(two, "--again")
    said += [failed.stdout, failed.stderr, two.journal.read_text()]
    for secret in (*two.secrets(), two.endpoint.secret):
        text = secret.removeprefix("whsec_")
        assert not any(text in one or text[:12] in one for one in said)
