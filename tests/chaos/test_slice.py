"""A short slice of chaos on the session's Kafka: a worker and the gateway killed under load, a worker stopped in a
commit, everything compared."""

import sys
from dataclasses import replace

from streams.demo.cluster import Cluster
from tests.chaos import faults
from tests.chaos.report import details
from tests.chaos.run import Result, run
from tests.chaos.scenario import Once, Scenario
from tests.chaos.scenarios import SCENARIOS

SECONDS = 9.0


def short(scenario: Scenario, cluster: Cluster, prefix: str) -> Result:
    return run(
        scenario,
        seed=1,
        seconds=SECONDS,
        cluster=cluster,
        prefix=prefix,
        say=lambda text: print(text, file=sys.stderr),
    )


def test_a_worker_killed_in_a_loop(cluster: Cluster, prefix: str) -> None:
    """SIGKILL to a worker under load: nothing lost, repeated, wrong or out of order, and it recovers."""
    result = short(SCENARIOS["worker_kill"], cluster, prefix)
    assert result.is_right, details(result)
    assert result.faults >= 1


def test_the_gateway_killed_in_a_loop(cluster: Cluster, prefix: str) -> None:
    """SIGKILL to the gateway between produce and reply: the sender repeats, and nothing of it shows downstream."""
    result = short(SCENARIOS["gateway_kill"], cluster, prefix)
    assert result.is_right, details(result)
    assert result.faults >= 1


def test_a_worker_stopped_before_its_records_are_sent(cluster: Cluster, prefix: str) -> None:
    """A worker sleeps between offsets and commit, its records not sent yet; another one takes over, it wakes and
    commits: nothing of that transaction is missing from the tables of the other."""
    nap = faults.nap("offsets_sent_rows", low_s=8.2, high_s=8.4, then="committed")
    scenario = replace(SCENARIOS["nap_unsent"], rules=(Once(0.2, nap),))
    result = short(scenario, cluster, prefix)
    assert result.is_right, details(result)
