"""Let one program read one stage, and compare what it shows with what was committed."""

import json
import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.consumers.stage import Stage

PATIENCE_S = 180.0


@dataclass
class Seen:
    """`aborted`, `lost`, `repeated`: records. `wrong`: committed ones with another value. `said`: where it ended
    before it had read all: the last line of its complaint."""

    committed: set[str] = field(default_factory=set)
    aborted: int = 0
    repeated: int = 0
    wrong: int = 0
    lost: int = 0
    said: str = ""

    @property
    def commits(self) -> bool | None:
        """Exactly the committed records were shown; None: it ended before that could be seen."""
        if self.said and not (self.aborted or self.repeated):
            return None
        return not (self.aborted or self.repeated or self.lost)

    @property
    def values(self) -> bool:
        """What was shown says what was written; it could be read at all."""
        return not self.said and not self.wrong

    @property
    def counts(self) -> str:
        return f"aborted {self.aborted}, lost {self.lost}, repeated {self.repeated}, values wrong {self.wrong}"


def judge(command: list[str], stage: Stage) -> Seen:
    """Runs until the program has shown the last record of each topic, or ends by itself."""
    seen = Seen()
    before = set(stage.committed)
    settings = stage.settings
    arguments = [settings.bootstrap_servers, settings.registry_url, settings.group_id, *stage.names]
    is_finished = False
    with tempfile.TemporaryFile("w+") as complaint:
        program = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=complaint, text=True)
        watchdog = threading.Timer(PATIENCE_S, program.kill)
        watchdog.start()
        for line in program.stdout or ():
            _look(seen, stage, line)
            if not is_finished and before <= seen.committed:
                is_finished = True
                stage.finish()
        code = program.wait()
        watchdog.cancel()
        complaint.seek(0)
        if code:
            seen.said = _why(complaint.read()) or f"ended with {code}"
    seen.lost = len(stage.committed.keys() - seen.committed)
    return seen


def _look(seen: Seen, stage: Stage, line: str) -> None:
    try:
        row: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:  # some clients log to stdout
        return
    name = f"{row['topic'].removeprefix(stage.settings.topic_prefix + '.')} {row['key']}"
    if name not in stage.committed:
        seen.aborted += 1
        return
    seen.repeated += name in seen.committed
    seen.wrong += row["value"] != stage.committed[name]
    seen.committed.add(name)


def _why(text: str) -> str:
    """From the first name of an error on, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = re.search(r"[\w.]*\w(?:Exception|Error)\b.*", text)
    return (named[0] if named else (lines or [""])[-1])[:120]
