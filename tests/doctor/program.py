"""`doctor` in a process of its own, without this shell's settings."""

import json
import os
import subprocess
import sys
from pathlib import Path

from streams.ops.lines import State
from streams.ops.settings import Settings

SECRET = "whsec_bWFya2VyLW9mLXRoaXMtdGVzdC1hbmQtbW9yZQ=="


def doctor(tmp_path: Path, settings: Settings, **env: str) -> tuple[int, list[dict[str, str]], str]:
    """Exit code, lines, and all that was printed."""
    known = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_STATE_DIR": str(settings.state_dir),
        "STREAMS_ENDPOINTS": json.dumps({"junction": [SECRET]}),
        "XDG_STATE_HOME": os.devnull,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "streams.cli", "doctor", "--json"],
        capture_output=True, text=True, timeout=90, env=known | env, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert ended.stdout, ended.stderr
    answer = json.loads(ended.stdout)
    assert answer["exit"] == ended.returncode
    return ended.returncode, answer["lines"], ended.stdout + ended.stderr


def states(lines: list[dict[str, str]]) -> dict[str, str]:
    """What is looked at → the worst that was said of it."""
    order = [*State]
    found: dict[str, str] = {}
    for line in lines:
        found[line["about"]] = max(found.get(line["about"], State.OK), line["state"], key=order.index)  # type: ignore[arg-type]  # because a word of an enum is one
    return found
