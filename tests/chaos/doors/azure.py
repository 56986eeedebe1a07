"""A look-alike of Event Hubs with Junction's hub, for the chaos of doors."""

from collections.abc import Sequence

from confluent_kafka import KafkaError, Message, Producer

from streams.demo.pipelines.event_hubs import EventHubs, make_hub
from streams.events import identify
from streams.simulator.delivery.hub_messages import hub_message
from tests.chaos.doors.pipeline import Sending

HUB = "junction"
ANSWER_S = 20.0


class HubsPipeline:
    """See Pipeline. Its lease is that of a group: whoever is silent for so long is out of it."""

    door = "eventhubs"

    def __init__(self, lease_s: float = 0) -> None:
        self._lease_s = lease_s
        self._hubs = EventHubs()
        self._hubs.__enter__()
        make_hub(self._hubs.kafka, HUB)

    @property
    def env(self) -> dict[str, str]:
        return {
            "STREAMS_EVENT_HUBS_CONNECTION": self._hubs.kafka.connection.get_secret_value(),
            "STREAMS_EVENT_HUBS_NAME": HUB,
            "STREAMS_EVENT_HUBS_CA_FILE": str(self._hubs.kafka.ca_file),
            **({"STREAMS_SESSION_TIMEOUT_S": str(self._lease_s)} if self._lease_s else {}),
        }

    def publish(self, messages: Sequence[Sending]) -> int:
        producer = Producer(
            {
                "bootstrap.servers": self._hubs.kafka.bootstrap_servers,
                "acks": "all",
                "enable.idempotence": True,
                "message.timeout.ms": int(ANSWER_S * 1000) // 2,
                "log_level": 0,
            }
        )
        confirmed = [False] * len(messages)

        def reported(n: int, error: KafkaError | None, _: Message) -> None:
            confirmed[n] = error is None

        for n, one in enumerate(messages):
            made = hub_message(one.body, one.event_type, one.user_id, identify(one.body).team_id, one.key)
            producer.produce(
                HUB, made.body, made.key, headers=made.headers,
                on_delivery=lambda error, message, n=n: reported(n, error, message),
            )  # fmt: skip
            while len(producer) > 10_000:
                producer.poll(0.1)
        producer.flush(ANSWER_S)
        return confirmed.index(False) if False in confirmed else len(confirmed)

    def kill(self) -> None:
        self._hubs.kafka.kill()

    def restart(self) -> None:
        self._hubs.kafka.restart()

    def waiting(self) -> int:
        return -1

    def close(self) -> None:
        self._hubs.__exit__(None, None, None)
