"""The sink on a real PostgreSQL, without Kafka: messages in, tables out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg

from connectors.contract.sink import Place, SinkBatch
from connectors.postgres import schema
from connectors.postgres.connection import Connection
from connectors.postgres.schema import Database
from connectors.postgres.shapes import Shapes
from connectors.postgres.sink import PostgresSink
from connectors.postgres.tables import samples
from connectors.postgres.tables.layout import PLANS, Form
from streams.kafka.bare_decoder import BareDecoder
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests import postgres
from tests.folding import PREFIX, Worker

PARTITION = 3
AT_MS = 1_780_500_000_000


@dataclass
class Message:
    """As librdkafka hands one over."""

    short: str
    number: int
    name: bytes | None
    content: bytes | None

    def topic(self) -> str:
        return f"{PREFIX}.{self.short}"

    def partition(self) -> int:
        return PARTITION

    def offset(self) -> int:
        return self.number

    def key(self) -> bytes | None:
        return self.name

    def value(self) -> bytes | None:
        return self.content


class Log:
    """Topics in memory, one partition each."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Message]] = defaultdict(list)

    def put(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        self.topics[topic].append(Message(topic, len(self.topics[topic]), key, value))

    @classmethod
    def of(cls, events: Iterable[Any], gap_ms: int = 1000) -> "Log":
        """What a worker emits for events, delivered one after the other."""
        log, worker = cls(), Worker()
        for number, event in enumerate(events):
            worker.deliver(event, at_ms=AT_MS + gap_ms * number, id=f"msg_{number}", offset=number)
            for emit in worker.emits:
                if (topic := emit.topic.removeprefix(f"{PREFIX}.")) in PLANS:
                    log.put(topic, emit.key, emit.value)
        return log


class Target:
    """A database with the sink's tables. Of one process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.settings = Settings(_env_file=None, registry_url=LOCAL_REGISTRY, topic_prefix=PREFIX, postgres_url=url)
        self.connection = Connection(self.settings)
        self.database = Database(self.connection, "junction")
        self.sink = self.process()
        self._other = psycopg.connect(url, autocommit=True)

    def process(self) -> PostgresSink:
        """Another one, that knows nothing yet."""
        decoder = BareDecoder(self.settings)
        tables = self.database.apply(schema.tables(list(PLANS.values()), {}))
        return PostgresSink(self.settings, self.connection, Shapes(self.database, tables, decoder.schema), decoder)

    def close(self) -> None:
        self.connection.close()
        self._other.close()

    def write(self, *runs: Sequence[Message], sink: PostgresSink | None = None) -> None:
        """Write messages as one batch, each run of one topic, from where the target stands."""
        sink = sink or self.sink
        given = [run for run in runs if run]
        places = [place(run[0].short) for run in given]
        at = sink.positions(places)
        sink.write([batch(run, at[where]) for run, where in zip(given, places, strict=True)])

    def write_all(self, log: Log) -> None:
        self.write(*log.topics.values())

    def rewind(self, topic: str, offset: int) -> None:
        """What a person does who wants a topic to be read again from there."""
        self.run(
            "UPDATE junction.sink_positions SET next_offset = %s, generation = generation + 1 WHERE topic = %s",
            offset, f"{PREFIX}.{topic}",
        )  # fmt: skip

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """A statement of somebody else."""
        cursor = self._other.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def empty(self, topics: Iterable[str]) -> None:
        """Delete the rows of topics, and where the sink stands."""
        own = {topic for topic in topics if PLANS[topic].form is not Form.NUMBER}
        names = [*own, "samples", "series", "sample_attributes", "sink_positions", "sink_rejects"]
        self._other.execute(";".join(f"DELETE FROM junction.{name}" for name in names).encode())  # noqa: S608  # because the names are ours

    def dump(self, topics: Iterable[str]) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of topics, in the order of their text. Without what differs from one database to the next."""
        return {topic: self._rows(topic) for topic in topics}

    def _rows(self, topic: str) -> list[tuple[Any, ...]]:
        columns = "t.*"
        if PLANS[topic].form is Form.NUMBER:
            columns = ", ".join(f't."{one.name}"' for _, one in samples.view_columns() if one.name != "series_id")
        return self.run(f"SELECT {columns} FROM junction.{topic} t ORDER BY ({columns})::text")  # noqa: S608  # because of the same


@cache
def _with_tables(server_url: str) -> str:
    """Name of a database with the sink's tables, made once a server."""
    url = postgres.database(server_url)
    Target(url).close()
    return url.rpartition("/")[2]


def with_tables(server_url: str) -> str:
    """URL of a new database in which the tables are: copying takes a tenth of the time of making them."""
    return postgres.database(server_url, _with_tables(server_url))


def place(topic: str) -> Place:
    return f"{PREFIX}.{topic}", PARTITION


def batch(run: Sequence[Message], start: int) -> SinkBatch:
    messages: Any = list(run)
    return SinkBatch(place(run[0].short), start, run[-1].number + 1, messages)
