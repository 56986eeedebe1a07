"""The whole product in processes of its own, as a newcomer starts it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streams.demo.postgres.user import place, unprivileged

OTHERS = 0o077  # rights of a file beyond its owner's
KEYS = {"sent", "accepted", "raw_records", "verdicts", "clean_records", "lost", "repeated", "wrong", "latency_ms"}


@pytest.mark.usefixtures("java")
def test_demo_once_finds_nothing_lost_repeated_or_wrong(tmp_path: Path) -> None:
    """`demo --once --json` on its own Kafka: exit 0, and the last line is the object that the README names.

    What it keeps is health data: events in Kafka, rows in tables. All of it is its user's alone. The sink's tables have
    every row as it has to be, and steps that two devices counted count once.
    """
    command = [sys.executable, "-m", "streams.cli", "demo", "--once", "--json", "--users", "4", "--days", "2"]
    command += ["--history-days", "10", "--sink", "postgres"]
    keep = tmp_path / "kept"
    ended = subprocess.run([*command, "--keep", str(keep)], capture_output=True, text=True, timeout=300, check=False)
    _remove_elsewhere(keep / "postgres")
    assert ended.returncode == 0, ended.stderr[-3000:]
    result = json.loads(ended.stdout.strip().splitlines()[-1])
    assert result.keys() >= KEYS
    assert (result["lost"], result["repeated"], result["wrong"]) == (0, 0, 0)
    assert result["raw_records"] > result["accepted"] > 200
    history = result["history"]
    assert history["over"] == history["jobs"] == history["complete"] > 20
    assert history["rows"] > 1_000
    assert {"NEW", "CHANGED", "SAME", "STALE"} <= result["verdicts"].keys()
    tables = result["tables"]
    assert (tables["lost"], tables["repeated"], tables["wrong"], tables["unexpected"]) == (0, 0, 0, 0)
    assert tables["checked"] > 1_000
    assert tables["days_of_steps"]["two_devices"] > 0 == tables["days_of_steps"]["wrong"]
    logs = "".join(file.read_text() for file in (tmp_path / "kept").glob("*.log"))
    assert "Traceback" not in logs
    assert [str(path) for path in (tmp_path / "kept").rglob("*") if path.stat().st_mode & OTHERS] == []


def _remove_elsewhere(folder: Path) -> None:
    """Where root's PostgreSQL has its data, if not in the folder."""
    if (elsewhere := place(folder, unprivileged())) != folder:
        shutil.rmtree(elsewhere)
