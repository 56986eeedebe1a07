"""The alert rules on a real Prometheus: a healthy installation wakes nobody."""

import shutil
from pathlib import Path

import pytest

from deploy.grafana.live import Load, started
from streams.ops.settings import Settings

SCRAPE_S = 3  # an answer that takes longer counts as none: a second is little on a busy machine
is_missing = not shutil.which("prometheus")


@pytest.mark.skipif(is_missing, reason="because Prometheus is missing (Debian: apt install prometheus)")
def test_no_alert_is_pending_while_nothing_happens(settings: Settings, tmp_path: Path) -> None:
    """Gateway, worker, fetcher and notify, started and left alone: every rule is evaluated, none holds."""
    with started(settings, tmp_path, Load(users=1, days=1, history_days=1), SCRAPE_S) as (_, prometheus):
        prometheus.look(scrapes=2)
        assert prometheus.alerts() == {}
