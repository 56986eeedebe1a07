"""What every client of librdkafka gets; consumers that join no group and commit nothing."""

from typing import Any

from confluent_kafka import Consumer

from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings

# librdkafka writes lines to stderr, past our logs. What matters in them is raised by calls, too.
SILENT = {"log_level": 0}


def client_id(settings: Settings, purpose: str = "") -> str:
    """What brokers show in their logs and quotas."""
    return "-".join(part for part in (settings.group_id, settings.worker_id, purpose) if part)


def asking(settings: Settings, purpose: str, isolation: str, **extra: Any) -> Consumer:
    """A consumer that is assigned by hand or only asked. `isolation`: read_committed or read_uncommitted."""
    return Consumer(
        for_librdkafka(settings)
        | SILENT
        | {
            "group.id": settings.group_id,
            "client.id": client_id(settings, purpose),
            "isolation.level": isolation,
            "auto.offset.reset": "error",  # the default jumps to the end: a restore would count as complete
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            **extra,
        }
    )
