"""The committed offsets of the group, read so that nothing is processed twice.

With `isolation.level=read_committed` librdkafka asks for stable offsets (KIP-447): while a transaction of the previous
owner is committing, the broker answers "again" instead of the old offset. aiokafka 0.14 speaks OffsetFetch up to v3 and
cannot ask for that.
"""

import threading
import time
from collections.abc import Iterable

from confluent_kafka import KafkaException, TopicPartition

from streams.engine.positions.slices import Source
from streams.engine.store.restore_job import Stopped
from streams.kafka.clients import asking
from streams.kafka.refused import RIGHTS, forbidden
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

CALL_TIMEOUT_S = 5.0  # between two looks at `stop`
PATIENCE_S = 60.0  # an abandoned transaction holds an offset back for at most its timeout


class CommittedOffsets:
    """A client that only asks. It never joins the group."""

    def __init__(self, settings: Settings) -> None:
        self._group_id = settings.group_id
        self._consumer = asking(settings, "offsets", "read_committed")

    def stable(self, sources: Iterable[Source], stop: threading.Event) -> dict[Source, int]:
        """Offset of each partition; -1 where the group has committed none. Blocking.

        Raises Unavailable, Misconfigured, and Stopped when `stop` is set.
        """
        wanted = [TopicPartition(*source) for source in sources]
        deadline = time.monotonic() + PATIENCE_S
        while not stop.is_set():
            try:
                found = self._consumer.committed(wanted, timeout=CALL_TIMEOUT_S)
                problem = next((p.error for p in found if p.error), None)
            except KafkaException as error:
                problem = error.args[0]
            if problem is None:
                return {(p.topic, p.partition): max(p.offset, -1) for p in found}
            self._check_rights()
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"Kafka does not answer the committed offsets of group {self._group_id}: {problem.name()}. If it "
                    "answers everything else, a transaction that never ended holds them back: see "
                    "`kafka-transactions.sh find-hanging`."
                )
            time.sleep(0.1)
        raise Stopped

    def _check_rights(self) -> None:
        """A group that this login may not use has no coordinator for librdkafka, which says so where records come."""
        message = self._consumer.poll(0)
        if message is not None and message.error() and message.error().code() in RIGHTS:
            raise forbidden(f"reading the offsets of group {self._group_id}", message.error().code())

    def close(self) -> None:
        """Drop the connection."""
        self._consumer.close()
