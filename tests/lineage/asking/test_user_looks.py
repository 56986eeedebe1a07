"""What is asked of Kafka and gateways about a user's data: originals, what waits, what was refused."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import stamina
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.events import topics
from streams.events.partitions import partition_for
from streams.kafka.clients import asking
from streams.kafka.login.librdkafka import for_librdkafka
from streams.lineage.asking.doors import NO_GATEWAYS
from streams.lineage.asking.open_data_asker import open_data_asker
from streams.lineage.asking.places import Bounds, Places
from streams.lineage.asking.row_originals import GAP, RowOriginals, stretches
from streams.lineage.asking.waiting_look import WaitingRecords, raw_topic_of
from streams.lineage.data.originals import OriginalRead, read_all
from streams.lineage.data.touching import key_of
from streams.lineage.delivery.facts import NotKnown, OriginalGone, RawPlace
from streams.lineage.index.temporary import temporary_index
from streams.lineage.known import Reach
from streams.lineage.row import LineageRow
from streams.ops.settings import Settings
from tests.folding import RawRecord
from tests.lineage.product import Product
from tests.strategies import USER, envelope

NOW_MS = int(time.time() * 1000)
OTHER = "00000000-0000-4000-8000-000000000001"


class Stored:
    """Raw records on Kafka, and the rows that the product's folds make of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.product, self.partition = settings, Product(), partition_for(USER, settings.partitions)
        self._producer = Producer(for_librdkafka(settings) | {"transactional.id": settings.topic_prefix})
        names = [f"{settings.topic_prefix}.{name}" for name in ("raw.summaries", "raw.timeseries", topics.HEARTBEATS)]
        admin = AdminClient(for_librdkafka(settings))
        for done in admin.create_topics([NewTopic(name, settings.partitions, 1) for name in names]).values():
            done.result()
        self._producer.init_transactions()

    def put(self, topic: str, partition: int, key: bytes, value: bytes, headers: Any = (), at_ms: int = 0) -> int:
        """Its offset."""
        where: list[int] = []
        self._producer.begin_transaction()
        self._producer.produce(
            f"{self.settings.topic_prefix}.{topic}", value, key, partition, timestamp=at_ms, headers=list(headers),
            on_delivery=lambda error, message: where.append(message.offset()),
        )  # fmt: skip
        self._commit(topic, partition)
        return where[0]

    def others(self, n: int) -> None:
        """Records of somebody else, in one transaction."""
        self._producer.begin_transaction()
        for _ in range(n):
            topic = f"{self.settings.topic_prefix}.raw.summaries"
            self._producer.produce(topic, weighed(0, OTHER), b"somebody:body", self.partition)
        self._commit("raw.summaries", self.partition)

    def _commit(self, topic: str, partition: int) -> None:
        """Return when readers see the transaction: Kafka answers a commit before its marker stands in the partition."""
        self._producer.commit_transaction()
        place = TopicPartition(f"{self.settings.topic_prefix}.{topic}", partition)
        ends = [asking(self.settings, "test", level) for level in ("read_committed", "read_uncommitted")]
        for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=30.0, wait_max=0.1):
            with attempt:
                stable, end = (one.get_watermark_offsets(place, timeout=10.0) for one in ends)
                assert stable == end
        for one in ends:
            one.close()

    def store(self, body: bytes, id: str) -> RawRecord:
        """As a door does."""
        made = self.product.stored(body, id, NOW_MS, NOW_MS)
        short = made.topic.removeprefix("junction.")
        offset = self.put(short, self.partition, made.key or b"", body, made.headers, NOW_MS)
        return made._replace(partition=self.partition, offset=offset)

    def process(self, record: RawRecord) -> LineageRow:
        """The row has the place on Kafka."""
        row = self.product.take(record._replace(partition=3))
        return replace(row, partition=self.partition)

    def commit(self, topic: str, offset: int) -> None:
        """As workers do."""
        settings = self.settings
        consumer = Consumer(for_librdkafka(settings) | {"group.id": settings.group_id})
        place = TopicPartition(f"{settings.topic_prefix}.{topic}", self.partition, offset)
        consumer.commit(offsets=[place], asynchronous=False)
        consumer.close()


def weighed(number: int, user_id: str = USER) -> bytes:
    data = {"id": f"b{number}", "weight": 70 + number, "source": {"provider": "withings", "type": "scale"}}
    event = envelope("daily.data.body.created", {**data, "calendar_date": "2026-06-03"})
    return json.dumps({**event, "user_id": user_id}).encode()


@pytest.fixture
def stored(settings: Settings) -> Stored:
    return Stored(settings)


@pytest.fixture
def places(settings: Settings) -> Iterator[Places]:
    made = Places(settings)
    yield made
    made.close()


def test_originals_are_those_of_the_rows(stored: Stored, places: Places) -> None:
    """Each by its place, between others', over a stretch that is left out; what lies elsewhere has gone."""
    rows = []
    for number in range(3):
        rows.append(stored.process(stored.store(weighed(number), f"msg_{number}")))
        stored.others(GAP if number == 1 else 2)
    read = RowOriginals(stored.settings, places)
    found = read_all(rows, read(rows))
    assert {one.row.delivery_id: type(one) for one in found.values() if isinstance(one, OriginalRead)} == dict.fromkeys(
        ["msg_0", "msg_1", "msg_2"], OriginalRead
    )
    far, marker = replace(rows[0], offset=10_000), replace(rows[0], offset=rows[0].offset + 1)
    assert read([far, marker]) == {
        RawPlace(*far.place): OriginalGone("the topic was made anew"),
        RawPlace(*marker.place): OriginalGone("its place is empty"),
    }
    wrong = replace(rows[0], delivery_id="msg_other")
    assert read_all([wrong], read([wrong])) == {
        key_of(wrong): OriginalGone("the topic was made anew, another record has its place")
    }


def test_originals_that_expired(stored: Stored, places: Places) -> None:
    """What retention deleted is said to be gone; what is behind it is read."""
    rows = [stored.process(stored.store(weighed(number), f"msg_{number}")) for number in range(2)]
    admin = AdminClient(for_librdkafka(stored.settings))
    where = TopicPartition(f"{stored.settings.topic_prefix}.raw.summaries", stored.partition, rows[1].offset)
    for done in admin.delete_records([where]).values():
        done.result()
    found = RowOriginals(stored.settings, places)(rows)
    assert found[RawPlace(*rows[0].place)] == OriginalGone("it has expired")
    assert isinstance(read_all(rows, found)[key_of(rows[1])], OriginalRead)


def test_originals_within_bounds(stored: Stored, places: Places) -> None:
    """The newest are read first; a sentence says why the others are not."""
    rows = []
    for number in range(2):
        rows.append(stored.process(stored.store(weighed(number), f"msg_{number}")))
        stored.others(GAP)
    found = RowOriginals(stored.settings, places, Bounds(bytes_max=100))(rows)
    assert isinstance(read_all(rows, found)[key_of(rows[1])], OriginalRead)
    assert found[RawPlace(*rows[0].place)] == NotKnown("no more than 0 MiB or 2 s are read for one answer")


def test_kafka_away(settings: Settings) -> None:
    """Nothing raises: the originals are not known, and the sentence says why."""
    away = settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})
    places = Places(away)
    row = LineageRow(delivery_id="x", raw_topic="raw.summaries", partition=0, offset=1, processed_ms=1)
    (found,) = RowOriginals(away, places)([row]).values()
    places.close()
    assert isinstance(found, NotKnown)
    assert found.why.startswith("Kafka does not give them: ")


def test_what_waits_for_a_worker(stored: Stored, places: Places) -> None:
    """Records of this user and resource behind what is committed; of nobody else, and none that is done."""
    waiting = WaitingRecords(stored.settings, places)
    assert waiting(USER, "body").records == ()
    done = stored.store(weighed(0), "msg_done")
    stored.others(1)
    stored.commit("raw.summaries", done.offset + 1)
    assert waiting(USER, "body").records == ()
    waits = stored.store(weighed(2), "msg_waits")
    look = waiting(USER, "body")
    assert look.records == ((f"raw.summaries {stored.partition}:{waits.offset}", "msg_waits", NOW_MS),)
    assert (look.behind, look.unread) == (waits.offset + 2 - done.offset - 1, "")
    assert waiting(USER, "sleep").records == ()
    waiting.close()
    short = WaitingRecords(stored.settings, places, Bounds(bytes_max=1))
    assert short(USER, "sleep").unread == "no more than 0 MiB or 2 s of them are read"
    short.close()


@pytest.mark.parametrize(
    ("resource", "topic"),
    [
        ("sleep", "raw.summaries"),
        ("heartrate", "raw.timeseries"),
        ("connection", "raw.connections"),
        ("device", "raw.connections"),
        ("order", "raw.labs"),
        ("something_new", "raw.other"),
    ],
)
def test_where_events_of_a_resource_lie(resource: str, topic: str) -> None:
    """By the same table as the doors' own."""
    assert raw_topic_of(resource) == topic


def test_stretches() -> None:
    """What lies near is read in one go."""
    assert list(stretches([])) == []
    assert list(stretches([1, 2, 2 + GAP, 4 + 2 * GAP])) == [[1, 2, 2 + GAP], [4 + 2 * GAP]]


def test_both_questions_over_kafka(stored: Stored) -> None:
    """What differs between two versions is read from the raw records; what waits is the answer to why."""
    rows = [stored.process(stored.store(weighed(1), "msg_0"))]
    rows.append(stored.process(stored.store(weighed(1).replace(b"71", b"72"), "msg_1")))
    stored.commit("raw.summaries", rows[-1].offset + 1)
    with temporary_index() as index, open_data_asker(stored.settings, index) as asker:
        index.writer.add(rows)
        index.writer.commit()
        index.reached = Reach(first_ms=NOW_MS - 86_400_000, as_of_ms=NOW_MS + 3_600_000, behind_s=0.0)
        story = asker.story(USER, "body", day="2026-06-03", show_values=True)
        assert "weight_kg 71.0 → 72.0" in story.steps[-1].sentence
        assert not [one for one in story.missing if "original" in one]
        stored.store(weighed(2), "msg_waits")
        why = asker.why(USER, "body")
        assert why.ending == "waiting"
        assert "1 delivery of body of this user waits for a worker" in why.sentence
        assert NO_GATEWAYS in why.missing[0]
