"""Alerts and their deliveries read back from a real Kafka while both go on."""

from typing import Any

from confluent_kafka import Producer

from connectors.receivers.delivery_record import AlertPosition, AttemptResult, DeliveryStatus, delivery_record
from connectors.receivers.receiver import Receiver
from streams.alerts import alert_history
from streams.events import topics
from streams.kafka import admin, registry
from streams.kafka.codec import Codec
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.folding import NOW_MS

LIVES = ("opened", "updated", "resolved")
LOG = Receiver.model_validate({"name": "log", "kind": "log"})


def step(revision: int) -> dict[str, Any]:
    """One record of an alert."""
    times = dict.fromkeys(("first_at", "opened_at", "stale_at", "at"), NOW_MS)
    return {
        "id": "a1", "revision": revision, "life": LIVES[revision - 1], "resolution": None, "user_id": "u-1",
        "client_user_id": None, "team_id": None, "rule": "low", "kind": "threshold", "severity": "warning",
        "summary": "", "link": None, "resource": "glucose", "field": "value", "unit": "mmol/L", "subject": "",
        "resolved_at": None, "bound": None, "evidence": [], **times,
    }  # fmt: skip


class Life:
    """An alert that goes on, and is told, one step at a time."""

    def __init__(self, settings: Settings) -> None:
        self._codec = Codec(registry.register(settings))
        self._producer = Producer(for_librdkafka(settings))
        self._prefix, self._revision = settings.topic_prefix, 0

    def go_on(self) -> None:
        self._revision += 1
        alert = step(self._revision)
        told = delivery_record(
            LOG, alert, AlertPosition("alerts", 0, 0), 1, DeliveryStatus.DELIVERED, AttemptResult(None), 0.0
        )
        for topic, record in ((topics.ALERTS, alert), (topics.ALERT_DELIVERIES, told)):
            self._producer.produce(f"{self._prefix}.{topic}", self._codec.encode(topic, record), b"u-1:low", 0)
            self._producer.flush()


def test_an_alert_that_goes_on_while_it_is_read(settings: Settings) -> None:
    """Each delivery that is shown is of a step that is shown."""
    one = settings.model_copy(update={"partitions": 1})
    admin.apply(one)
    life = Life(one)
    life.go_on()

    def wanted(id: str) -> bool:
        life.go_on()  # asked between the two topics, or behind both
        return id == "a1"

    alert = alert_history.read(one, wanted)["a1"]
    steps = {step["revision"] for step in alert.steps}
    assert {told["revision"] for told in alert.deliveries} <= steps == {1}
    alert = alert_history.read(one)["a1"]
    assert [told["revision"] for told in alert.deliveries] == [step["revision"] for step in alert.steps] == [1, 2]
