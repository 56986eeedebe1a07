"""Alerts whole: webhooks in, rules in the worker, timers, a file that changes, notify out, proofs on the topic."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.alerts import alert_history
from streams.alerts.alert_history import AlertHistory
from streams.demo import stack, startup
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from tests.forked import run_command
from tests.simulator.receiver import SECRET, running
from tests.simulator.receiver import Receiver as Svix
from tests.strategies import USER, envelope

LOW = """
[[rule]]
name = "glucose-low"
kind = "threshold"
resource = "glucose"
below = "3.9 mmol/L"
resolve_after = "1s"
"""
BROKEN = """
[[rule]]
name = "broken"
kind = "event"
resource = "connections"
where = { status = "error" }
"""
PATIENCE_S = 60


def glucose(value: float, provider: str = "dexcom_v3", unit: str = "mmol/L") -> dict[str, object]:
    row = {"timestamp": datetime.now(UTC).isoformat(), "value": value, "unit": unit}
    return envelope("daily.data.glucose.created", {"source": {"provider": provider, "type": "cgm"}, "data": [row]})


def store_a_foreign_record(settings: Settings) -> None:
    """Not Avro, in the topic of clean glucose, as another program may leave it there."""
    producer = Producer({"bootstrap.servers": settings.bootstrap_servers})
    producer.produce(f"{settings.topic_prefix}.glucose", b"foreign", USER.encode(), 0)
    assert producer.flush(PATIENCE_S) == 0


async def _post(running_stack: stack.Stack, events: list[dict[str, object]]) -> None:
    target = Target(f"{running_stack.gateway_url}/webhooks/{stack.ENDPOINT}", running_stack.secret)
    async with open_courier(target) as courier:
        for n, event in enumerate(events):
            await courier.insist(f"msg_{n}_{time.time_ns()}", json.dumps(event).encode())


def until(settings: Settings, is_there: Callable[[dict[str, AlertHistory]], bool]) -> dict[str, AlertHistory]:
    """Alerts by rule, once they are as expected."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        alerts = {one.last["rule"]: one for one in alert_history.read(settings).values()}
        if is_there(alerts):
            return alerts
        assert time.monotonic() < deadline_s, {name: one.steps for name, one in alerts.items()}
        time.sleep(0.5)


async def command(settings: Settings, *arguments: str, **more: str) -> str:
    """What a command of ours prints; it has to end with 0."""
    env = {
        **os.environ,
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        **more,
    }
    ended = await asyncio.to_thread(partial(run_command, *arguments, env=env, timeout_s=PATIENCE_S))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


async def _notify(settings: Settings, url: str) -> None:
    receivers = {"clinic": {"kind": "webhook", "url": url, "secret": SECRET}, "log": {"kind": "log"}}
    await command(settings, "notify", "--once", STREAMS_NOTIFY_RECEIVERS=json.dumps(receivers))


async def _commands(settings: Settings, rules: Path) -> tuple[str, ...]:
    """What the commands say, side by side: each takes a second to start."""
    await command(settings, "alerts", "threshold", "set", USER, "glucose-low", "--bound", "3.0")
    return await asyncio.gather(
        command(settings, "alerts", "list", "--json", "--user", USER),
        command(settings, "alerts", "list"),
        command(settings, "alerts", "threshold", "list", "--json"),
        command(settings, "alerts", "test", str(rules), "--since", "1h", "--json"),
        command(settings, "alerts", "test", str(rules), "--since", "1h", "--user", USER),
        command(settings, "alerts", "test", str(rules), "--since", "30d", "--json"),
    )


async def _delivered(settings: Settings) -> Svix:
    """Twice: the second run has nothing to do."""
    async with running(Svix()) as server:
        for _ in range(2):
            await _notify(settings, server.url)
    return server


def test_from_a_webhook_to_a_webhook(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert opens with the data, expires by a timer, ends when its rule is gone, and each step is delivered once."""
    rules = tmp_path / "rules.toml"
    rules.write_text(LOW + BROKEN)
    monkeypatch.setenv("STREAMS_ALERT_RULES", str(rules))
    with startup.start(settings, tmp_path, print) as running_stack:
        broken = envelope("provider.connection.error", {"provider": "oura", "error_type": "token_refresh_failed"})
        unjudged = [glucose(3.1, "freestyle_libre"), glucose(55, unit="mg/dL")]
        asyncio.run(_post(running_stack, [glucose(3.2), broken, *unjudged]))
        store_a_foreign_record(running_stack.settings)
        until(running_stack.settings, lambda alerts: len(alerts) == 2 and not alerts["glucose-low"].is_open)
        rules.write_text(LOW.replace("3.9", "nine"))  # refused: the rules before stay
        time.sleep(2.5)
        rules.write_text(LOW)
        alerts = until(running_stack.settings, lambda alerts: not alerts["broken"].is_open)
        assert "rules_refused" in running_stack.worker.log.read_text()
        assert [step["life"] for step in alerts["glucose-low"].steps] == ["opened", "resolved"]
        assert alerts["glucose-low"].last["resolution"] == "expired"
        assert [step["resolution"] for step in alerts["broken"].steps] == [None, "rule_gone"]
        assert alerts["glucose-low"].last["user_id"] == USER
        server = asyncio.run(_delivered(running_stack.settings))
        alerts = until(running_stack.settings, lambda alerts: True)
        listed, table, bounds, tried, tried_table, asked_far = asyncio.run(_commands(running_stack.settings, rules))
        shown = asyncio.run(command(running_stack.settings, "alerts", "show", alerts["glucose-low"].last["id"][:12]))
    assert dict(server.stored) == {f"alert_{one.last['id']}-{n}": 1 for one in alerts.values() for n in (1, 2)}
    for one in alerts.values():
        told = [(proof["receiver"], proof["revision"], proof["status"]) for proof in one.deliveries]
        assert sorted(told) == [(name, n, "delivered") for name in ("clinic", "log") for n in (1, 2)]
    assert {one["rule"] for one in json.loads(listed)} == {"glucose-low", "broken"}
    assert "clinic delivered" in table
    assert json.loads(bounds)[0]["bound"] == 3.0
    assert [row["alerts"] for row in json.loads(tried)["rules"]] == [0]  # 3.2 is above this user's own bound now
    assert "Nothing was sent" in tried_table
    assert "1 value was not judged: local time of an unknown zone" in tried_table
    said, far = json.loads(tried), json.loads(asked_far)
    assert {reason: n for reason, n in said["skipped"].items() if n} == {"floating_time": 1, "unreadable": 1, "unit": 1}
    assert said["skipped"] == far["skipped"]
    assert said["rules"] == far["rules"]  # however far back one asks
    assert far["since"] < far["earliest_kept_at"]["glucose"]
    assert "junction.raw.timeseries" in shown.replace(settings.topic_prefix, "junction")
