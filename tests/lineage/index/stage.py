"""The topics of an index on a real Kafka, and what workers, gateways and notifiers would write there."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from streams.events import Headers, topics
from streams.kafka import codec, registry
from streams.kafka.codec import Codec
from streams.kafka.login.librdkafka import for_librdkafka
from streams.lineage.columns import record_of
from streams.lineage.index.intake.records import SMALL
from streams.lineage.index.opening import KeptIndex
from streams.lineage.row import LineageRow
from streams.ops.settings import Settings

NAMES = (topics.LINEAGE, *SMALL)


class LineageStage:
    """Topics of a test's own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._admin = AdminClient(for_librdkafka(settings) | {"log_level": 0})
        self.create(NAMES)
        self.codec = Codec(registry.register(settings))
        self._producer = self._new_producer()

    def _new_producer(self) -> Producer:
        return Producer(for_librdkafka(self.settings) | {"log_level": 0})

    def create(self, names: Iterable[str]) -> None:
        """Short names."""
        made = self._admin.create_topics([NewTopic(self.full(name), self.settings.partitions, 1) for name in names])
        for one in made.values():
            one.result()

    def make_anew(self, name: str) -> None:
        """Delete a topic and create it again, empty."""
        for one in self._admin.delete_topics([self.full(name)], operation_timeout=10).values():
            one.result()
        deadline = time.monotonic() + 20
        while self.full(name) in self._admin.list_topics(timeout=10).topics and time.monotonic() < deadline:
            time.sleep(0.1)
        self.create([name])

    def grow(self, name: str, n: int) -> None:
        """So many partitions instead of fewer."""
        for one in self._admin.create_partitions([NewPartitions(self.full(name), n)]).values():
            one.result()
        self._producer = self._new_producer()  # the other one learns of it by and by

    @contextmanager
    def transaction(self) -> Iterator[Callable[[Sequence[LineageRow]], None]]:
        """Who puts records, each of one partition and moment, into a transaction that is committed at the end."""
        config = {"transactional.id": f"{self.settings.topic_prefix}-open", "log_level": 0}
        producer = Producer(for_librdkafka(self.settings) | config)
        producer.init_transactions(10)
        producer.begin_transaction()

        def put(rows: Sequence[LineageRow]) -> None:
            value = self.codec.encode(topics.LINEAGE, record_of(rows))
            producer.produce(self.full(topics.LINEAGE), value, None, rows[0].partition)
            producer.flush()

        yield put
        producer.commit_transaction(10)

    def full(self, name: str) -> str:
        return f"{self.settings.topic_prefix}.{name}"

    def tell(self, rows: Iterable[LineageRow], *, at_once: int = 100) -> None:
        """Rows as their workers write them: each record of one partition and moment."""
        kept: dict[tuple[int, int, str, str], list[LineageRow]] = {}
        for row in rows:
            kept.setdefault((row.partition, row.processed_ms, row.worker, row.version), []).append(row)
        for (partition, *_), mine in kept.items():
            for at in range(0, len(mine), at_once):
                record = record_of(mine[at : at + at_once])
                self.put(topics.LINEAGE, self.codec.encode(topics.LINEAGE, record), partition=partition)
        self._producer.flush()

    def emit(self, name: str, schema: str, fields: dict[str, Any]) -> None:
        """A clean record: these fields, the others as little as their schema allows."""
        self.put(name, self.codec.encode(name, {**_least(codec.parsed(schema)), **_whole(schema, fields)}))

    def put(
        self,
        name: str,
        value: bytes | None,
        *,
        partition: int = 0,
        key: bytes | None = None,
        headers: Headers | None = None,
    ) -> int:
        """One record; its offset."""
        where: list[Any] = []
        self._producer.produce(
            self.full(name),
            value,
            key,
            partition,
            headers=headers or [],
            on_delivery=lambda error, one: where.append(one),
        )
        self._producer.flush()
        return int(where[0].offset())


_ZEROS = {"string": "", "int": 0, "long": 0, "double": 0.0, "boolean": False, "array": []}


def _least(schema: Any) -> dict[str, Any]:
    return {one["name"]: _zero(one["type"]) for one in schema["fields"]}


def _zero(form: Any) -> Any:
    if isinstance(form, list):
        return None
    return _ZEROS[form["type"] if isinstance(form, dict) else form]


def _whole(schema: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Evidence of an alert has fields of its own."""
    named = fields.get("evidence", []) if schema == "Alert" else []
    return fields | ({"evidence": [_least(codec.parsed("Evidence")) | one for one in named]} if named else {})


def wait_for(index: KeptIndex, said: Callable[[], bool], within_s: float = 30.0) -> None:
    """Until something is so. Fails with how the index is."""
    deadline = time.monotonic() + within_s
    while not said():
        assert time.monotonic() < deadline, (index.state(), index.reach())
        time.sleep(0.05)


def caught_up(index: KeptIndex) -> None:
    """Until all is read that is there now."""
    now = time.time() * 1000
    wait_for(index, lambda: index.reach().as_of_ms >= now)
