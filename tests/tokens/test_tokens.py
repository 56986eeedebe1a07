"""A gateway and a worker while tokens and sessions end; `make tokens`: tokens of a minute, and every refusal."""

from pathlib import Path

import pytest

from tests.tokens.crossing import PROCESSES, cross
from tests.tokens.refusals import CASES, try_all
from tests.tokens.stage import staged

REFRESHES = 3


@pytest.mark.usefixtures("java")
def test_processes_outlive_their_tokens(tmp_path: Path) -> None:
    """Three refreshes under load: every event once, and no line that frightens. Who is refused is told: a wrong secret,
    a token server that is away."""
    with staged(tmp_path, life_s=6.0, session_s=3.0) as stage:
        found = cross(stage, tmp_path, refreshes=REFRESHES, rate_per_s=30)
        assert found.report.is_right, found.report
        assert found.lines == {name: [] for name in PROCESSES}
        assert found.cut == 0
        assert all(found.tokens[name] > REFRESHES for name in PROCESSES)
        assert found.statuses.keys() == {"204"}
        refused = [case for case in CASES if case.name in ("wrong client secret", "token server away")]
        assert [ended for ended in try_all(stage, ("gateway",), refused) if ended.wrong] == []
