"""An outage of Kafka under load, shortened; and that the verdict sees what is wrong."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from streams.demo.cluster import Cluster
from streams.kafka import admin
from streams.ops.settings import Settings
from tests.chaos.outage.run import Plan, run
from tests.chaos.outage.sender import Delivery
from tests.chaos.outage.stage import serving
from tests.chaos.outage.verdict import judge, stored

SHORT = {"STREAMS_PUBLISH_TIMEOUT_S": "3"}
PLAN = Plan("stop", 5.0, rate=40, before_s=1.0, after_s=1.0, retries_s=(0.5, 1.0))


def test_kafka_stops_under_load(cluster: Cluster, settings: Settings, tmp_path: Path) -> None:
    """Every 2xx is on a topic, every other delivery gets 503 and comes through on a retry, without a restart."""
    admin.apply(settings)
    with serving(cluster, settings, tmp_path, SHORT) as stage:
        samples = asyncio.run(run(stage, PLAN))
    verdict = judge(samples.sender.sent, stored(settings))
    assert verdict.is_right(), verdict
    assert verdict.answers["503"] > 0
    assert verdict.accepted_on_a_retry > 0


def test_a_gateway_process_is_killed_under_load(cluster: Cluster, settings: Settings, tmp_path: Path) -> None:
    """Of two processes one is killed: every 2xx is on a topic, who was cut off comes again, another process starts, and
    nothing of the dead one is counted as waiting."""
    admin.apply(settings)
    with serving(cluster, settings, tmp_path, {"STREAMS_GATEWAY_PROCESSES": "2"}) as stage:
        before = {one.pid for one in stage.processes}
        samples = asyncio.run(run(stage, replace(PLAN, act="gateway", seconds=1.0, rate=100.0, after_s=0.5)))
        assert len({one.pid for one in stage.processes} - before) == 1
    verdict = judge(samples.sender.sent, stored(settings))
    assert verdict.is_right(may_be_cut=True), verdict
    assert samples.waiting_bytes == 0


def delivery(id_: str, *answers: tuple[float, str]) -> Delivery:
    return Delivery(id_, "daily.data.sleep.created", b"{}", list(answers))


GOOD = delivery("a", (11.0, "503"), (0.1, "204"))


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (delivery("b", (0.1, "204")), "lost"),
        (delivery("c", (0.1, "503")), "undelivered"),
        (delivery("a", (15.0, "503"), (0.1, "204")), "late"),
        (delivery("a", (0.1, "ServerDisconnectedError"), (0.1, "204")), "cut"),
        (delivery("a", (0.1, "500"), (0.1, "204")), ""),
    ],
)
def test_the_verdict_sees_what_is_wrong(wrong: Delivery, where: str) -> None:
    """Each kind of fault alone makes a right run wrong, and has its name."""
    found = Counter({"a": 2})
    assert judge([GOOD], found).is_right()
    verdict = judge([GOOD, wrong], found)
    assert not verdict.is_right()
    assert not where or getattr(verdict, where) == 1
    assert verdict.is_right(may_be_cut=True) == (where == "cut")
