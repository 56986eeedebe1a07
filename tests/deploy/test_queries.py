"""The forms of queries, on a real Prometheus' evaluation of made-up series."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.grafana import queries
from deploy.grafana.boards import BOARDS

promtool = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(not promtool, reason="because promtool is missing (Debian: apt install prometheus)")
QUERIES = [line.query for board in BOARDS for panel in board.panels for line in panel.lines]
# Twenty minutes, one scrape a minute, of four processes: a was there before, b began in the 9th minute, c is as old as
# a and seen only from then on, because Prometheus did not look, and d did not answer for a while.
SERIES = {
    'up{job="worker", instance="a"}': "1x20",
    'process_start_time_seconds{job="worker", instance="a"}': "-9000x20",
    'm_total{job="worker", instance="a", kind="old"}': "7+0x12 8+1x2 10+0x9",
    'm_total{job="worker", instance="a", kind="born"}': "_x14 2+0x5",
    'm_total{job="worker", instance="a", kind="just"}': "_x19 3",
    'up{job="worker", instance="b"}': "_x9 1x10",
    'process_start_time_seconds{job="worker", instance="b"}': "_x9 540+0x10",
    'm_total{job="worker", instance="b", kind="young"}': "_x9 4+0x10",
    'up{job="worker", instance="c"}': "_x9 1x10",
    'process_start_time_seconds{job="worker", instance="c"}': "_x9 -9000+0x10",
    'm_total{job="worker", instance="c", kind="unseen"}': "_x9 5000+0x10",
    'up{job="worker", instance="d"}': "1x3 0x11 1x4",
    'process_start_time_seconds{job="worker", instance="d"}': "-9000x3 stale _x10 -9000x4",
    'm_total{job="worker", instance="d", kind="away"}': "5000x3 stale _x10 5000x4",
}


@needs_promtool
@pytest.mark.parametrize(
    ("query", "values"),
    [
        (queries.increase("m_total", "15m", "kind"), {"old": 3, "born": 2, "just": 3, "young": 4, "unseen": 0}),
        (f"({queries.rate('m_total', 'kind', window='10m')} * 600)", {"old": 3, "born": 2, "just": 3}),
    ],
    ids=["increase", "rate"],
)
def test_what_a_series_begins_with_counts(query: str, values: dict[str, float], tmp_path: Path) -> None:
    """A counter that appears at 2 has counted two; what a process had counted before Prometheus came is not news."""
    expected = [{"labels": f'{{kind="{kind}"}}', "value": value} for kind, value in values.items() if value]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": written} for name, written in SERIES.items()],
        "promql_expr_test": [{"expr": f"round({query}) > 0", "eval_time": "19m", "exp_samples": expected}],
    }
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run([str(promtool), "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("query", QUERIES)
def test_every_increase_sees_births(query: str) -> None:
    """Each counts what a series began with, too; those that only choose which series are shown excepted."""
    for metric, window in re.findall(r"increase\(([a-z_]+(?:{[^}]*})?)\[(\w+)\]\)", query):
        assert f"min_over_time({metric}[{window}]) unless {metric} offset {window}" in query


def test_none_stands_alone() -> None:
    """The 0 that is called none is there only when nothing else is."""
    assert queries.or_none("x", "name").startswith("x or on () ")
