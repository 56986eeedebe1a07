"""`make audit`: what was not looked up is not taken for good."""

import json
from typing import Any

import pytest

from deploy.audit import judge

GOOD = {"name": "a", "version": "1.0", "vulns": []}
BAD = {"name": "b", "version": "2.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "c", "skip_reason": "not found and could not be audited"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([GOOD], 0, "1 packages looked up"),
        ([GOOD, BAD, UNKNOWN], 1, "b 2.0: PYSEC-2026-1"),
        ([GOOD, UNKNOWN], 3, "1 of 2 packages could not be looked up"),
        ([], 3, "0 of 0 packages"),
    ],
)
def test_only_what_was_looked_up_counts(packages: list[dict[str, Any]], code: int, said: str) -> None:
    """0: each package is known and has none; 1: one has; 3: somebody could not be asked."""
    found, sentence = judge(json.dumps({"dependencies": packages, "fixes": []}))
    assert found == code
    assert said in sentence


@pytest.mark.parametrize("report", ["", "null", "{}", "[]", "ERROR: no network"])
def test_no_report_is_no_good_news(report: str) -> None:
    """Without an answer it says so and fails."""
    code, sentence = judge(report)
    assert code == 3
    assert "does not answer" in sentence
