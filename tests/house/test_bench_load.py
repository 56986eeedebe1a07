"""The benchmark of the whole product: what is sent, and the figures made of what is seen. `make bench-load` runs it."""

import json
import shutil
import subprocess
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import fromstring

import pytest

from benchmarks import _rules
from benchmarks.load import bodies, disk, latency, plot, stand, table
from benchmarks.load.latency import Percentiles, Span
from benchmarks.load.receipts import Receipts
from benchmarks.load.seen import Committed, Record, Seen
from benchmarks.load.step import Row
from streams.alerts.rules.parser import parse
from streams.events import topics
from streams.events.identity import identify
from streams.events.message_ids import ksuid_time_ms
from streams.events.signature import Keyring, verify
from streams.events.types import Family
from streams.kafka.codec import Codec, parsed
from tests.connectors.webhook.gateways import SECRET
from tests.house.deliveries import frames, taken

END_MS = 1_780_272_000_000
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
PLACE = ("junction.raw.summaries", 0)


def test_an_event_is_committed_when_the_offset_behind_it_is() -> None:
    """The first commit that includes it counts; what was received and not committed at a time is the backlog then."""
    receipts = Receipts({PLACE: 5}, {PLACE: [100, 200, 300, 900]}, [], {})
    events = latency.committed_ms(receipts, [Committed(PLACE, 8, 420_000), Committed(PLACE, 6, 150_000)])
    assert latency.to_commit(events, Span(100, 900)) == [50.0, 220.0, 120.0]
    assert latency.to_commit(events, Span(0, 200)) == [50.0]
    assert [latency.behind(events, at_ms) for at_ms in (99, 149, 310, 420, 1000)] == [0, 1, 2, 0, 1]


def test_percentiles_are_values_that_occurred() -> None:
    """Of two between which one falls, the greater; nothing at all has none."""
    assert latency.percentiles(range(1000)) == Percentiles(1000, 500, 990, 999)
    assert latency.percentiles([]).n == 0


def test_an_alert_is_timed_from_the_event_that_made_it_open() -> None:
    """By its trace: the evidence may be older. Only one that opened, and only by events of the span."""
    receipts = Receipts({}, {}, [], {TRACE: 200})
    record = Record("alerts", 450_000, _alert("opened"), TRACE)
    assert latency.to_alert([record], receipts, Span(0, 1000)) == [250.0]
    assert latency.to_alert([record._replace(value=_alert("resolved"))], receipts, Span(0, 1000)) == []
    assert latency.to_alert([record], receipts, Span(0, 200)) == []
    assert latency.to_alert([record._replace(trace="")], receipts, Span(0, 1000)) == []


def test_the_readers_file_is_read_on_from_where_it_ended(tmp_path: Path) -> None:
    """A line that is not whole yet waits for the next look."""
    file = tmp_path / "seen"
    file.write_text(
        "offset\tjunction.raw.labs\t1\t7\t1000\ntraced\tjunction.alerts\t0\t3\t2000\tQUJD\t00-1\noffset\tjun"
    )
    seen = Seen(file, "junction")
    assert seen.news() == ([Committed(("junction.raw.labs", 1), 7, 1000)], [Record("alerts", 2000, b"ABC", "00-1")])
    with file.open("a") as more:
        more.write("ction.raw.labs\t1\t9\t3000\n")
    assert seen.news() == ([Committed(("junction.raw.labs", 1), 9, 3000)], [])


def test_the_rules_are_a_rules_file() -> None:
    """A worker takes them."""
    assert len(parse(_rules.toml(_rules.specs(50, often=True, max_age="3d"))).rules) == 50


@pytest.fixture(scope="module")
def mix() -> list[bytes]:
    """Making the first of them takes seconds: eight groups live through their first days."""
    return list(islice(bodies.mixed(END_MS), 2000))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 of them, as they are sent."""
    file = tmp_path_factory.mktemp("sent") / "bodies"
    bodies.write(file, 300, END_MS)
    return file


def test_bodies_are_a_mix_from_the_first_minute_on(mix: list[bytes]) -> None:
    """Samples, summaries, connections and notices from the start; giants are rare, and are events, too."""
    families = Counter(identify(body).type.family for body in mix)
    assert families[Family.TIMESERIES] > families[Family.SUMMARY] > families[Family.CONNECTION] > 0
    giant = bodies.giant(UUID(int=7, version=4), 2500, END_MS)
    assert identify(giant).type.resource == "heartrate"
    assert len(giant) > 200_000


def test_bodies_in_a_file_are_framed(file: Path, mix: list[bytes]) -> None:
    """Four bytes of length before each, and the same whenever they are made."""
    assert frames(file.read_bytes()) == mix[:300]


def test_knee_and_ceiling_are_the_last_before_the_first_that_fails() -> None:
    """A quicker rate that is well again by chance counts for nothing."""
    rows = [_row(500, 100), _row(1000, 149), _row(2000, 151), _row(3000, 90), _row(4000, 900, held=False)]
    assert (table.knee(rows), table.ceiling(rows)) == (1000, 3000)
    assert (table.knee(rows[2:]), table.ceiling(rows[4:])) == (None, None)
    assert "ours, 1 worker: knee 1,000/s, ceiling 3,000/s" in table.text(rows)
    assert "| ours, 1 worker | 2,000 | 20 | 151 |" in table.markdown(rows)


def test_the_plot_is_xml_with_every_rate() -> None:
    """Whatever the figures are."""
    root = fromstring(plot.svg([_row(500, 100), _row(1000, 0), _row(2000, 1e9)], cores=2))  # noqa: S314  # because it is our own
    assert {"500", "1,000", "2,000"} <= {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.skipif(not shutil.which("go"), reason="because Go is missing: apt-get install golang-go")
def test_the_sender_signs_and_repeats_deliveries_whole(tmp_path: Path, file: Path) -> None:
    """Each body once in turn, under a fresh id; a repeated one keeps id and body; what was accepted is listed."""
    sent = frames(file.read_bytes())
    with taken() as (port, came):
        said = _send(file, tmp_path / "accepted", port)
    seen = [(_verified_id(headers, body), body) for headers, body in came]
    firsts = dict(seen)
    assert (said["sent"], said["ok"], said["failed"], said["unsent"]) == (200, 200, 0, 0)
    assert len(firsts) == 200 - said["repeated"] < 200
    assert set(seen) == set(firsts.items())
    assert sorted(firsts.values()) == sorted(sent[: len(firsts)])
    assert Counter((tmp_path / "accepted").read_text().split()) == Counter(id_ for id_, _ in seen)
    assert all(abs((ksuid_time_ms(id_) or 0) / 1000 - time.time()) < 60 for id_ in firsts)
    assert said["next_offset"] == sum(4 + len(body) for body in sent[: len(firsts)])


def _verified_id(headers: dict[str, str], body: bytes) -> str:
    at_s = float(headers["svix-timestamp"])
    return verify(Keyring.parse([SECRET]), headers, body, now_s=at_s, tolerance_s=1).id


def _send(file: Path, accepted: Path, port: int) -> dict[str, int]:
    words = {"address": f"127.0.0.1:{port}", "secret": SECRET, "bodies": file, "rate": 200, "seconds": 1}
    words |= {"accepted": accepted, "connections": 4}
    command = [str(stand.client()), "send", *(f"-{name}={value}" for name, value in words.items())]
    said: dict[str, int] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return said


def _row(rate: float, p99_ms: float, *, held: bool = True) -> Row:
    timed, none = Percentiles(9, 20, p99_ms, p99_ms), Percentiles(0, 0, 0, 0)
    used = {"gateway": 0.2, "worker": 0.5, "kafka": 0.6, "sender": 0.1, "reader": 0.02}
    return Row(
        name="ours_1",
        rate=rate,
        seconds=1,
        accepted=9,
        accepted_per_s=rate,
        repeated=0,
        refused=0,
        failed=0,
        unsent=0,
        body_bytes=1000,
        late_p99_ms=0,
        reply=none,
        commit=timed,
        reader=none,
        alert=none,
        cpu_ms=used,
        memory_mb=dict.fromkeys(used, 50),
        others_cores=0,
        busy_cores=1,
        transactions_per_s=10,
        records_a_transaction=9,
        partitions_a_transaction=4,
        backlog=0,
        backlog_s=0,
        lost=0,
        held=held,
    )


def _alert(life: str) -> bytes:
    record = {field["name"]: _empty(field["type"]) for field in parsed("Alert")["fields"]}
    codec = Codec(dict.fromkeys(topics.avro_topics(), 1))
    return codec.encode("alerts", record | {"life": life})


def _empty(kind: Any) -> Any:
    """Something that fits a field."""
    name = kind["type"] if isinstance(kind, dict) else str(kind)
    return {"string": "", "int": 0, "long": 0, "array": []}.get(name)


def test_what_events_leave_on_disk_is_told_by_class(tmp_path: Path) -> None:
    """Records of our topics and changelogs, without indexes and Kafka's own topics; the tables of every worker."""
    held = {
        "kafka/data/junction.raw.summaries-0/00.log": 1000,
        "kafka/data/junction.raw.summaries-0/00.index": 7,
        "kafka/data/junction.sleep-11/00.log": 200,
        "kafka/data/junction-summaries-changelog-1/00.log": 30,
        "kafka/data/__consumer_offsets-3/00.log": 9,
        "w0/state/summaries-0.db/000012.sst": 4,
        "w0/worker.log": 9,
    }
    for name, size in held.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    after = disk.bytes_by_class(tmp_path, "junction")
    assert after == {"raw": 1000, "clean": 200, "changelog": 30, "tables": 4}
    before = {"raw": 600, "clean": 200, "changelog": 10, "tables": 0}
    assert disk.an_event(before, after, 2) == {"raw": 200, "clean": 0, "changelog": 10, "tables": 2}
