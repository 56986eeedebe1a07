"""The alert rules on a real Prometheus: a healthy installation wakes nobody."""

import shutil
from pathlib import Path

import pytest

from deploy.grafana.live import Load, started
from streams.ops.settings import Settings

is_missing = not shutil.which("prometheus")


@pytest.mark.skipif(is_missing, reason="because Prometheus is missing (Debian: apt install prometheus)")
def test_no_alert_is_pending_while_nothing_happens(settings: Settings, tmp_path: Path) -> None:
    """Gateway, worker, fetcher and notify, started and left alone: every rule is evaluated, none holds."""
    with started(settings, tmp_path, Load(users=1, days=1, history_days=1)) as (_, prometheus):
        prometheus.look(scrapes=5)
        assert prometheus.alerts() == {}
