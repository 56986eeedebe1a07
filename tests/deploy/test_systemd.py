"""deploy/systemd: units that systemd understands, of our commands and settings, with few rights."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from streams.cli import app
from streams.ops.settings import Settings
from tests.deploy.test_compose import ELSEWHERE

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/systemd"
GATEWAY, OTHERS = "junction-streams-gateway.service", "junction-streams@.service"
INSTALLED = "/opt/junction-streams/bin/junction-streams"
AROUND_S = 5.0  # what a gateway does before, between and after
EXPOSURE_MAX = 1.5  # of systemd's ten, where ten is a service without any limit

every_unit = pytest.mark.parametrize("name", [GATEWAY, OTHERS])
HAS_SYSTEMD = bool(shutil.which("systemd-analyze"))
with_systemd = pytest.mark.skipif(not HAS_SYSTEMD, reason="because systemd-analyze is Debian's package systemd")


def lines(name: str, key: str) -> list[str]:
    """Every value of a key, comments left out."""
    return re.findall(rf"^{key}=(.*)$", (FOLDER / name).read_text(encoding="utf-8"), re.M)


def only(name: str, key: str) -> str:
    (value,) = lines(name, key)
    return value


def command_named(name: str) -> bool:
    group = typer.main.get_command(app)
    return group.get_command(group.make_context("", [], resilient_parsing=True), name) is not None  # type: ignore[attr-defined]  # because a Typer app with several commands is a click group


def seconds_of_a_stop() -> float:
    """What a gateway may need between SIGTERM and its end, at the longest STREAMS_PUBLISH_TIMEOUT_S that is allowed."""
    field = Settings.model_fields["publish_timeout_s"]
    longest = next(float(rule.lt) for rule in field.metadata if getattr(rule, "lt", None) is not None)
    return 2 * longest + AROUND_S  # requests under way, then what the producer still holds


def analyzed(name: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """systemd-analyze on a copy whose program is there, as worker where a unit has instances."""
    program = Path(sys.executable).with_name("junction-streams")
    unit = folder / name.replace("@", "@worker")
    text = (FOLDER / name).read_text(encoding="utf-8").replace(INSTALLED, str(program))
    (folder / name).write_text(text, encoding="utf-8")
    unit.write_text(text, encoding="utf-8")
    found = shutil.which("systemd-analyze") or ""
    return subprocess.run([found, *command, str(unit)], capture_output=True, text=True)


@with_systemd
@every_unit
def test_systemd_understands_it(name: str, tmp_path: Path) -> None:
    """No key and no value that systemd would ignore."""
    said = analyzed(name, tmp_path, "verify", "--man=no")
    assert [line for line in said.stderr.splitlines() if "junction-streams" in line] == []
    assert said.returncode == 0


@with_systemd
@every_unit
def test_it_is_exposed_to_little(name: str, tmp_path: Path) -> None:
    """By systemd's own measure; what is left is the network, which it is for."""
    said = analyzed(name, tmp_path, "security", "--offline=true", f"--threshold={EXPOSURE_MAX * 10:.0f}", "--no-pager")
    assert said.returncode == 0, said.stdout


@every_unit
def test_it_starts_a_command_that_there_is(name: str) -> None:
    """ExecStart is the program where docs/deploy.md installs it, with a command of ours."""
    program, command = only(name, "ExecStart").split()
    assert program == INSTALLED
    assert f"python3 -m venv {Path(INSTALLED).parents[1]}" in (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    instances = ["worker", "fetcher", "notify"] if command == "%i" else [command]
    assert all(command_named(instance) for instance in instances)
    head = (FOLDER / name).read_text(encoding="utf-8").partition("[Unit]")[0]
    assert command != "%i" or all(f"@{instance}" in head for instance in instances)


@every_unit
def test_its_variables_are_settings(name: str) -> None:
    """A STREAMS_ variable that is no setting would be ignored in silence."""
    variables = set(re.findall(r"\b(STREAMS_[A-Z_]+[A-Z])\b", (FOLDER / name).read_text(encoding="utf-8")))
    assert variables <= {f"STREAMS_{field.upper()}" for field in Settings.model_fields} | ELSEWHERE


@every_unit
def test_it_has_time_to_stop(name: str) -> None:
    """systemd kills later than the slowest stop takes: else a reply that is due is never given."""
    assert int(only(name, "TimeoutStopSec")) > seconds_of_a_stop()
    assert only(name, "KillSignal") == "SIGTERM"


@every_unit
def test_it_comes_back(name: str) -> None:
    """However it ended, and however often."""
    assert only(name, "Restart") == "always"
    assert only(name, "StartLimitIntervalSec") == "0"


def test_the_gateway_reads_its_secrets_again() -> None:
    """`systemctl reload` sends SIGHUP, and the files are the living ones: a credential is a copy of the start."""
    assert only(GATEWAY, "ExecReload") == "kill -HUP $MAINPID"
    assert lines(GATEWAY, "LoadCredential") == []
    assert "STREAMS_SECRETS_DIR=/etc/junction-streams/gateway" in lines(GATEWAY, "Environment")


def test_made_up_users_have_names_of_their_own() -> None:
    """systemd does not make up a user where a user or group of that name is; else it starts nothing (status 217)."""
    (group,) = lines(GATEWAY, "SupplementaryGroups")
    users = {GATEWAY.partition(".")[0], *(f"junction-streams-{one}" for one in ("worker", "fetcher", "notify"))}
    assert only(OTHERS, "User") == "junction-streams-%i"
    assert group not in users
    assert f"groupadd --system {group}\n" in (ROOT / "docs/deploy.md").read_text(encoding="utf-8")


def test_credentials_of_the_others_are_settings() -> None:
    """A credential is named `<id>_<file>`: with this id a file `sasl_password` is the setting."""
    assert only(OTHERS, "LoadCredential").partition(":")[0] == "streams"
    assert "STREAMS_SECRETS_DIR=%d" in lines(OTHERS, "Environment")


def test_its_worker_id_is_one() -> None:
    """Another on each host, the same at each start, and none that a setting refuses for any instance."""
    (given,) = (line for line in lines(OTHERS, "Environment") if line.startswith("STREAMS_WORKER_ID="))
    for instance in ("worker", "fetcher"):
        worker_id = given.partition("=")[2].replace("%l", "host-1").replace("%i", instance)
        assert Settings(_env_file=None, worker_id=worker_id).worker_id == f"host-1-{instance}"
