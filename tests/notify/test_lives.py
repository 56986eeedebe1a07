"""What `alerts list` and `alerts show` read, while alerts are brought."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Producer

from streams import admin, alert_lives, registry, topics
from streams.codec import Codec
from streams.notify.bring import Answer, Place, Status, delivery
from streams.notify.receivers import Kind, Receiver
from streams.settings import Settings
from tests.notify.test_bring import alert


@pytest.fixture
def tell(settings: Settings) -> Callable[[int], None]:
    """Puts a step of an alert on its topic, and then the delivery of it."""
    admin.apply(settings)
    codec, producer = Codec(registry.register(settings)), Producer(settings.librdkafka)

    def put(topic: str, record: dict[str, Any]) -> None:
        plain = {name: _plain(topic, name, value) for name, value in record.items()}
        producer.produce(f"{settings.topic_prefix}.{topic}", codec.encode(topic, plain), b"u-1:a", 0)
        assert producer.flush(10) == 0

    def told(revision: int) -> None:
        step = alert(revision=revision)
        receiver = Receiver(name="log", kind=Kind.LOG)
        put(topics.ALERTS, step)
        proof = delivery(receiver, step, Place("t", 0, 0), 1, Status.DELIVERED, Answer(None), 0.0)
        put(topics.ALERT_DELIVERIES, proof)

    return told


def _plain(topic: str, name: str, value: Any) -> Any:
    """Times as the codec takes them."""
    if not isinstance(value, datetime):
        return value
    micros = int((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return micros // 1000 if (topic, name) == (topics.ALERTS, "at") else micros


def test_every_delivery_has_its_step(
    settings: Settings, tell: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happens between reading the two topics may be missed, but no delivery is shown of a step that is not."""
    records = alert_lives._records

    def slowly(*args: Any) -> Any:
        found = records(*args)
        tell(2)
        return found

    tell(1)
    monkeypatch.setattr(alert_lives, "_records", slowly)
    (life,) = alert_lives.read(settings).values()
    assert {one["revision"] for one in life.deliveries} <= {one["revision"] for one in life.steps}
