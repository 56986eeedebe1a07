"""ClickHouse with docs/clickhouse.md's tables, on records of a real Kafka and schemas of a real registry.

All but the clause `ENGINE = Kafka`: ClickHouse runs in this process (chdb), where that engine cannot be created.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.consumers.build import PROGRAMS
from tests.consumers.emitted import Emitted, filled
from tests.strategies import USER

session = pytest.importorskip("chdb.session", reason="because chdb takes 900 MB: `make clickhouse` installs it")

KAFKA = re.compile(r"\(\n(.*)\n\)\nENGINE = Kafka\n.*", re.S)
SAMPLES = """SELECT toUnixTimestamp64Micro(time), toUnixTimestamp64Micro(end_time), value
FROM samples FINAL WHERE resource = {resource:String}"""
NIGHTS = "SELECT id, total_s, toUnixTimestamp64Micro(bedtime_start_at), hrv_average_ms, preferred FROM sleep FINAL"


class ClickHouse:
    """The page's tables in a folder. Tables in memory stand in for those of its Kafka engine."""

    def __init__(self, folder: Path, registry_url: str) -> None:
        self._session, self._file = session.Session(str(folder / "clickhouse")), folder / "message"
        self._registry, self._columns = registry_url, dict[str, str]()
        for file, topic in (("samples", ""), ("heartrate", "heartrate"), ("heartrate", "steps"), ("sleep", "sleep")):
            for statement in _statements(file, topic):
                if engine := KAFKA.search(statement):
                    self._columns[topic] = engine[1]
                self._session.query(KAFKA.sub(r"(\n\1,\n_offset UInt64\n) ENGINE = Memory", statement))

    def feed(self, topic: str, message: Message) -> None:
        """One message, as the engine would hand it over."""
        self._file.write_bytes(message.value())
        source = f"file('{self._file}', 'AvroConfluent', $${self._columns[topic]}$$)"
        into = f"INSERT INTO {topic}_queue SELECT *, {message.offset()} FROM {source}"  # noqa: S608  # because it is ours
        self._session.query(f"{into} SETTINGS format_avro_schema_registry_url = '{self._registry}'")

    def rows(self, query: str, **values: str) -> list[list[Any]]:
        """What it answers."""
        text = self._session.query(query, "JSONCompactEachRow", params=values).bytes().decode()
        return [json.loads(line) for line in text.splitlines()]

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def clickhouse(tmp_path: Path, settings: Settings) -> Iterator[ClickHouse]:
    made = ClickHouse(tmp_path, settings.registry_url)
    yield made
    made.close()


def test_clickhouse_has_the_newest_of_each_sample_and_night(clickhouse: ClickHouse, settings: Settings) -> None:
    """Everything twice and the older after the newer: each sample and night is there once, to the microsecond. A row
    that was deleted stays."""
    emitted = filled(settings)
    for topic in ("heartrate", "steps", "sleep"):
        messages = list(_committed(settings, emitted, topic))
        for message in (*messages, *reversed(messages)):
            clickhouse.feed(topic, message)
    for topic in ("heartrate", "steps"):
        found = {int(time): (end and int(end), value) for time, end, value in clickhouse.rows(SAMPLES, resource=topic)}
        assert found == emitted.samples[topic]
    fields = ("total_s", "bedtime_start_at", "hrv_average_ms", "preferred")
    nights = {night["id"]: [night[name] for name in fields] for night in emitted.rows["sleep"].values()}
    kept = {id: [int(total), int(at), hrv, best] for id, total, at, hrv, best in clickhouse.rows(NIGHTS)}
    assert kept.pop("n2")  # because nothing tells ClickHouse of a tombstone
    assert kept == nights


def test_the_question_of_the_page_has_an_answer(clickhouse: ClickHouse, settings: Settings) -> None:
    """A heart rate that was corrected counts once."""
    emitted = filled(settings)
    for message in _committed(settings, emitted, "heartrate"):
        clickhouse.feed("heartrate", message)
    values = [value for _, value in emitted.samples["heartrate"].values()]
    (question,) = _statements("question", "")
    mean = round(sum(values) / len(values), 1)
    assert clickhouse.rows(question, user=USER) == [["2026-06-03", "garmin", mean]]


def _statements(file: str, topic: str) -> list[str]:
    """Of a file of the page, for another topic."""
    lines = (PROGRAMS / "clickhouse" / f"{file}.sql").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("--")).replace("heartrate", topic or "heartrate")
    return [statement for statement in text.split(";") if statement.strip()]


def _committed(settings: Settings, emitted: Emitted, topic: str) -> Iterator[Message]:
    """Those with a value: the stand-in has none for a tombstone."""
    consumer = Consumer(for_librdkafka(settings) | {"group.id": "clickhouse", "isolation.level": "read_committed"})
    name = emitted.names[topic]
    consumer.assign([TopicPartition(name, 0, 0)])
    while (message := consumer.poll(30)) and message.offset() + 1 <= emitted.ends[name]:
        if message.value() is not None:
            yield message
        if message.offset() + 1 == emitted.ends[name]:
            break
    consumer.close()
