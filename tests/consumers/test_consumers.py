"""The clients that are here anyway, the verifier itself, and the page; all the others: `python -m tests.consumers`."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from streams.demo.cluster import Cluster, jars
from streams.kafka import registry
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.consumers import build, page
from tests.consumers.clients import BY_NAME, KAFKA_CLIENTS
from tests.consumers.judge import Seen, judge
from tests.consumers.records import STEPS
from tests.consumers.report import exit_code, sentence
from tests.consumers.stage import Stage

PYTHON = build.PROGRAMS / "python"
WRITTEN = "SELECT time_us, value, kafka_offset, count(*) FROM steps JOIN writes USING (time_us) GROUP BY time_us"


@pytest.fixture
def stage(settings: Settings) -> Stage:
    """Filled, its last transaction still open."""
    made = Stage(settings, registry.register(settings))
    made.fill()
    return made


@pytest.mark.parametrize("name", ["confluent-kafka", "aiokafka"])
def test_a_right_client_shows_exactly_what_was_committed(name: str, stage: Stage, tmp_path: Path) -> None:
    """What stands in the table as right is right: nothing aborted, nothing lost, each value as it was written."""
    seen = judge(build.command(BY_NAME[name], tmp_path), stage)
    assert (seen.aborted, seen.lost, seen.repeated, seen.wrong, seen.said) == (0, 0, 0, 0, "")


def test_the_java_client_shows_exactly_what_was_committed(cluster: Cluster, stage: Stage, tmp_path: Path) -> None:
    """The client of the embedded Kafka, and GenericRecord with the Avro that the registry brings."""
    javac = shutil.which("javac")
    if not javac:
        pytest.skip("because there is no javac: a run-time Java alone runs the cluster")
    found = jars.resolve()
    avro = next((found.folder / "registry" / "lib").glob("org.apache.avro.avro-*.jar"))
    class_path = f"{found.kafka_class_path}:{avro}:{tmp_path}"
    sources = [build.PROGRAMS / "java" / f"{name}.java" for name in ("Generic", "Lines", "Registry")]
    subprocess.run([javac, "-cp", class_path, "-d", tmp_path, *sources], check=True)
    seen = judge([str(found.java), *build.JVM, "-cp", class_path, "Generic"], stage)
    assert (seen.aborted, seen.lost, seen.repeated, seen.wrong, seen.said) == (0, 0, 0, 0, "")


def test_a_client_that_shows_too_much_is_found(stage: Stage, tmp_path: Path) -> None:
    """A verifier that cannot fail proves nothing: without read_committed every aborted record is counted."""
    shutil.copy(PYTHON / "lines.py", tmp_path)
    text = (PYTHON / "with_confluent_kafka.py").read_text().replace("read_committed", "read_uncommitted")
    (tmp_path / "reader.py").write_text(text)
    seen = judge([sys.executable, str(tmp_path / "reader.py")], stage)
    assert (seen.commits, seen.values, seen.aborted) == (False, True, stage.aborted)


def test_a_client_that_changes_a_value_is_found(stage: Stage, tmp_path: Path) -> None:
    """A time that is rounded to milliseconds is a wrong value."""
    text = (PYTHON / "lines.py").read_text().replace("[_us(time) for time in", "[_us(time) // 1000 * 1000 for time in")
    (tmp_path / "lines.py").write_text(text)
    shutil.copy(PYTHON / "with_confluent_kafka.py", tmp_path)
    seen = judge([sys.executable, str(tmp_path / "with_confluent_kafka.py")], stage)
    assert seen.commits
    assert not seen.values


@pytest.mark.parametrize(
    ("seen", "commits", "values"),
    [
        (Seen(), True, True),
        (Seen(lost=1), False, True),
        (Seen(repeated=1), False, True),
        (Seen(wrong=1), True, False),
        (Seen(lost=9, said="Exception"), None, False),
        (Seen(lost=9, aborted=1, said="Exception"), False, False),
    ],
)
def test_what_a_run_says_of_a_client(seen: Seen, commits: bool | None, values: bool) -> None:
    """One that ends at its first record says nothing of transactions; one that showed an aborted record before does."""
    assert (seen.commits, seen.values) == (commits, values)


def test_the_runner_tells_when_the_page_is_not_true() -> None:
    """1 if a right client is wrong, or a wrong one right; 2 if one was not tried; 0 if all is as the page says."""
    right, wrong = "confluent-kafka", "kafkajs"
    good, bad = Seen(), Seen(aborted=3)
    assert exit_code({right: good, wrong: bad}) == 0
    assert exit_code({right: bad, wrong: "no npm"}) == exit_code({right: good, wrong: good}) == 1
    assert exit_code({right: good, wrong: "no npm"}) == 2
    assert sentence(BY_NAME[right], good) == sentence(BY_NAME[wrong], bad) == ""
    assert "aborted 3" in sentence(BY_NAME[right], bad)
    assert "right now" in sentence(BY_NAME[wrong], good)


def test_a_killed_writer_of_a_table_writes_each_sample_once(stage: Stage, tmp_path: Path) -> None:
    """Killed between the commits of database and Kafka, then read again from the start: each change is written once."""
    lines = _lines(stage)
    database = tmp_path / "steps.db"
    with _writer(stage, database, "a") as first:
        first.stdout.readline()  # type: ignore[union-attr]  # because it has a pipe
        first.kill()
    for group in ("a", "b"):
        with _writer(stage, database, group) as again:
            again.communicate(timeout=120)
        assert again.returncode == 0
        assert _rows(database) == _newest(lines)


def _lines(stage: Stage) -> list[dict[str, Any]]:
    """What a right client says of the whole stage, which is finished then."""
    stage.finish()
    settings = stage.settings
    command = [sys.executable, str(PYTHON / "with_confluent_kafka.py"), settings.bootstrap_servers]
    done = subprocess.run(
        [*command, settings.registry_url, "lines", *stage.names], capture_output=True, check=True, timeout=120
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _writer(stage: Stage, database: Path, group: str) -> subprocess.Popen[bytes]:
    settings = stage.settings
    command = [sys.executable, str(PYTHON / "into_database.py"), settings.bootstrap_servers, settings.registry_url]
    return subprocess.Popen([*command, group, str(database), stage.names[0]], stdout=subprocess.PIPE)


def _rows(database: Path) -> dict[int, tuple[float, int, int]]:
    """Time → value, offset, how often it was written."""
    with sqlite3.connect(database) as opened:
        return {row[0]: row[1:] for row in opened.execute(WRITTEN)}


def _newest(lines: list[dict[str, Any]]) -> dict[int, tuple[float, int, int]]:
    found: dict[int, tuple[float, int, int]] = {}
    for line in (line for line in lines if line["topic"].endswith(f".{STEPS}")):
        for time, value in zip(line["value"]["times_us"], line["value"]["values"], strict=True):
            found[time] = (value, line["offset"], found.get(time, (0, 0, 0))[2] + 1)
    return found


def test_a_quiet_partition_has_a_lag_of_its_markers(stage: Stage) -> None:
    """Behind the last record stands its transaction's marker: who commits the next offset is never at the end."""
    _lines(stage)
    consumer = Consumer(for_librdkafka(stage.settings) | {"group.id": "lines"})
    partitions = [TopicPartition(name, 0) for name in stage.names]
    committed = {one.topic: one.offset for one in consumer.committed(partitions, timeout=10)}
    ends = {one.topic: consumer.get_watermark_offsets(one, timeout=10)[1] for one in partitions}
    consumer.close()
    # Two transactions end with the stage, and the coordinator answers the abort of the first before its marker is
    # written: so that marker stands before the last record or behind it.
    assert {ends[topic] - committed[topic] for topic in ends} <= {1, 2}


@pytest.mark.parametrize("path", page.PATHS, ids=lambda path: path.stem)
def test_the_pages_say_what_was_tried(path: Path) -> None:
    """`python -m tests.consumers.page` would write the page that is there: its table, its programs."""
    text = path.read_text(encoding="utf-8")
    assert page.filled(text) == text
    assert text.count("<!-- clients -->") == (path.stem == "consumers")
    assert "<!-- program: " in text


def test_the_java_client_is_that_of_the_embedded_kafka() -> None:
    """`make test` runs the version that the page names."""
    assert (jars.cache_dir() / "kafka" / f"kafka-clients-{KAFKA_CLIENTS}.jar").exists() or not jars.cache_dir().exists()
