"""What of a user's resource still waits for a worker: behind what the workers have committed."""

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from streams.events import H_ID, H_SVIX_ID, header, parse_type, topics
from streams.events.partitions import partition_for
from streams.events.record_keys import key_of
from streams.kafka.clients import asking
from streams.kafka.refused import refused
from streams.lineage.asking.places import ANSWER_S, Bounds, Place, Places
from streams.lineage.delivery.facts import RawPlace
from streams.lineage.why.facts import WaitingLook, WaitingRecord
from streams.ops.settings import MIB, Settings

BOUNDS = Bounds()
_KINDS = {"connection": "provider.connection.created", "device": "provider.device.created"}
_LABS = frozenset({"order", "appointment", "result", "match_review", "parsing_job", "order_tracking"})


class WaitingRecords:
    """Asks and reads over open consumers. `close` it."""

    def __init__(self, settings: Settings, places: Places, bounds: Bounds = BOUNDS) -> None:
        self._settings, self._places, self._bounds = settings, places, bounds
        self._group: Consumer = asking(settings, "lineage-waiting", "read_committed")

    def __call__(self, user_id: str, resource: str) -> WaitingLook:
        """Raises Unavailable, Misconfigured."""
        place = self._place(user_id, resource)
        committed, (low, high) = self._committed(place), self._places.watermarks(place)
        start = max(committed, low)
        if start >= high:
            return WaitingLook()
        key, found = key_of(user_id, resource), list[WaitingRecord]()

        def is_enough(message: Message) -> bool:
            if message.key() == key:
                found.append(self._record(message))
            return False

        scanned = self._places.scan({place: start}, self._bounds, is_enough)
        limit = f"no more than {self._bounds.bytes_max // MIB} MiB or {self._bounds.seconds:g} s of them are read"
        return WaitingLook(tuple(found), high - start, "" if scanned.is_whole else limit)

    def close(self) -> None:
        self._group.close()

    def _place(self, user_id: str, resource: str) -> Place:
        topic = f"{self._settings.topic_prefix}.{raw_topic_of(resource)}"
        return topic, partition_for(user_id, self._settings.partitions)

    def _committed(self, place: Place) -> int:
        try:
            (found,) = self._group.committed([TopicPartition(*place)], timeout=ANSWER_S)
        except KafkaException as error:
            raise refused("Kafka does not say where the workers are", error.args[0], is_question=True) from None
        if found.error:
            raise refused("Kafka does not say where the workers are", found.error, is_question=True)
        return max(int(found.offset), 0)

    def _record(self, message: Message) -> WaitingRecord:
        headers = message.headers() or []
        short = message.topic().removeprefix(f"{self._settings.topic_prefix}.")
        place = RawPlace(short, message.partition(), message.offset())
        return WaitingRecord(
            str(place), header(headers, H_ID) or header(headers, H_SVIX_ID), max(message.timestamp()[1], 0)
        )


def raw_topic_of(resource: str) -> str:
    """Short name of the raw topic in which the events of a resource lie."""
    kind = "labtest.order.created" if resource in _LABS else _KINDS.get(resource, f"daily.data.{resource}.created")
    return topics.raw_topic(parse_type(kind))
