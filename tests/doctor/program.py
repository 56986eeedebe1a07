"""`doctor` in a process of its own, without this shell's settings."""

import json
import os
from pathlib import Path

from streams.ops.lines import State
from streams.ops.settings import Settings
from tests.forked import run_command

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
    ended = run_command("doctor", "--json", env=known | env, cwd=tmp_path, timeout_s=90.0)
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
