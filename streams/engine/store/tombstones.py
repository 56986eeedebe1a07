"""How old a database may be to take up its changelog again where it stopped.

A row that is deleted leaves a tombstone in the changelog, and Kafka promises it only to readers that get there within
`delete.retention.ms`. A directory that was unused for longer (a worker was scaled down for a week and up again) would
not read about such rows, and keep them for ever. So it is made again from the changelog's beginning.
"""

from collections.abc import Iterable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from streams.kafka.clients import SILENT
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

NAME = "delete.retention.ms"
CALL_TIMEOUT_S = 20.0


def kept_ms(settings: Settings, topics: Iterable[str]) -> dict[str, int]:
    """For how many milliseconds each topic keeps tombstones at least. Blocking. Raises Unavailable."""
    # Kept until its futures are done, else they fail with _DESTROY.
    admin = AdminClient(for_librdkafka(settings) | SILENT)
    wanted = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
    asked = admin.describe_configs(wanted, request_timeout=CALL_TIMEOUT_S)
    try:
        return {resource.name: int(future.result()[NAME].value) for resource, future in asked.items()}
    except KafkaException as error:
        raise Unavailable(f"Kafka does not show the settings of the changelogs: {error.args[0].name()}") from None


def is_too_old(current_ms: int | None, now_ms: int, kept_ms: int) -> bool:
    """Whether a database that was last current at `current_ms` may lack tombstones that Kafka has no more.

    None, of a database that an older version made, is taken on trust.
    """
    # Half of what Kafka keeps: the clocks of two hosts and the time of the restore lie in between. A time that lies as
    # far ahead is as wrong.
    return current_ms is not None and abs(now_ms - current_ms) > kept_ms / 2
