"""A short slice of chaos on the session's Kafka, with a sink."""

from streams.demo.cluster import Cluster
from tests.chaos.report import details
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.test_slice import short


def test_a_sink_killed_in_a_loop(cluster: Cluster, prefix: str) -> None:
    """SIGKILL to a sink under load: its tables are what one process makes of the topics."""
    result = short(SCENARIOS["sink_kill"], cluster, prefix)
    assert result.is_right, details(result)
    assert result.faults >= 1
    assert result.findings.checked["rows in PostgreSQL"] > 1000
