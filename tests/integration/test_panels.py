"""The dashboards on a real Prometheus: the demo's processes under load, and every query of every panel."""

import shutil
from pathlib import Path

import pytest

from deploy.grafana.live import Load, observed, unanswered
from deploy.grafana.quiet import MEANT
from deploy.grafana.render import headings, page
from streams.ops.settings import Settings

SCRAPE_S = 3  # an answer that takes longer counts as none: a second is little on a busy machine
is_missing = not shutil.which("prometheus")


@pytest.mark.skipif(is_missing, reason="because Prometheus is missing (Debian: apt install prometheus)")
def test_every_query_of_every_panel_returns_data(settings: Settings, tmp_path: Path) -> None:
    """Gateway, worker, fetcher and notify tell what panels ask for, with the labels that they ask by."""
    with observed(settings, tmp_path, Load(users=4, days=2, history_days=5), SCRAPE_S) as prometheus:
        assert "\n".join(unanswered(prometheus)) == ""
        text = page(prometheus)
        assert prometheus.alerts().keys() <= MEANT.keys()
    assert [line for line in text.splitlines() if line.startswith("##")] == headings()
