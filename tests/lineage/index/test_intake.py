"""An index that is filled from a real Kafka: started again, lost, damaged, its topic made anew."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from streams.events import topics
from streams.events.headers import H_DETAIL, H_FROM_OFFSET, H_FROM_PARTITION, H_FROM_TOPIC, H_ID, H_REASON, H_SUBJECT
from streams.events.times import DAY_MS, rfc3339
from streams.lineage.index.forgotten import file_of
from streams.lineage.index.intake import care, loop
from streams.lineage.index.intake.scan import scan_into
from streams.lineage.index.opening import open_index
from streams.lineage.index.temporary import temporary_index
from streams.lineage.index.writer import OF_ALERTS
from streams.lineage.row import EntityLine, LineageRow, Tally
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.chaos import disks
from tests.lineage.index.made import USERS
from tests.lineage.index.stage import LineageStage, caught_up, wait_for
from tests.lineage.index.test_answers import answers

pytestmark = pytest.mark.kafka
NOW_MS = int(time.time()) * 1000
MARKER = "Planted-Marker-7f3a"


@pytest.fixture
def stage(settings: Settings, tmp_path: Path) -> LineageStage:
    """Topics, and an index' folder, of this test's own."""
    return LineageStage(settings.model_copy(update={"lineage_dir": tmp_path / "lineage"}))


def rows(n: int, *, first: int = 0) -> list[LineageRow]:
    """Rows of two partitions and three users, of the last hours."""
    return [
        LineageRow(
            delivery_id=f"msg_{at}",
            raw_topic="raw.timeseries",
            partition=at % 2,
            offset=at,
            processed_ms=NOW_MS - 3_600_000 + at // 10,
            worker="w0",
            version="1",
            received_ms=NOW_MS - 3_700_000,
            last_us=(NOW_MS - 3_800_000) * 1000,
            owner_id=USERS[at % 3],
            resource="heartrate",
            provider="oura",
            origin="incremental",
            entities=(EntityLine("e", "NEW"),) if at % 7 == 0 else (),
            counted=(Tally("NEW", at), Tally("SAME", 1)) if at % 7 else (),
        )
        for at in range(first, first + n)
    ]


def asked(settings: Settings) -> list[object]:
    """All answers of an index that has caught up."""
    with open_index(settings) as index:
        caught_up(index)
        return [answers(index), [list(index.deliveries(f"msg_{n}")) for n in range(0, 300, 7)]]


def test_started_again_lost_and_damaged(stage: LineageStage) -> None:
    """Stopped and started, an index goes on; without its folder, or with damaged files, it is made again: the same."""
    found = rows(200)
    stage.tell(found[:120])
    asked(stage.settings)
    stage.tell(found[120:])
    whole = asked(stage.settings)
    with temporary_index() as model:
        model.writer.add(found)
        model.writer.commit()
        assert whole[0] == answers(model)
    assert asked(stage.settings) == whole
    files = stage.settings.lineage_dir / "files"
    for table in files.glob("*.sst"):
        table.write_bytes(table.read_bytes()[:-20] + bytes(20))
    assert asked(stage.settings) == whole, "a damaged index is made again"
    shutil.rmtree(stage.settings.lineage_dir)
    assert asked(stage.settings) == whole, "a lost index is made again"


def test_killed_while_it_reads(stage: LineageStage) -> None:
    """A process that keeps an index may be killed at any time: the next one goes on, and every row counts once."""
    found = rows(3_000)
    for at in range(0, 3_000, 600):
        stage.tell(found[at : at + 600], at_once=20)
        killed(stage.settings, after_s=0.1 + at / 4_000)
    with temporary_index() as model:
        model.writer.add(found)
        model.writer.commit()
        assert asked(stage.settings)[0] == answers(model)


def killed(settings: Settings, after_s: float) -> None:
    """A process that keeps the index, ended by kill -9 so long after its first answer."""
    own = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_LINEAGE_DIR": str(settings.lineage_dir),
    }
    command = [sys.executable, "-m", "tests.lineage.index.keeper"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | own) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after_s)
        process.kill()


def test_a_full_disk(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index whose disk is full says so and answers from what it has; when there is room it goes on by itself."""
    place, ballast = tmp_path / "disk", tmp_path / "disk" / "ballast"
    place.mkdir()
    try:
        disks.mount(place, 48)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("because only root may mount a small disk")
    monkeypatch.setattr(loop, "FLUSH_EVERY_S", 0.0)
    try:
        stage = LineageStage(settings.model_copy(update={"lineage_dir": place / "lineage"}))
        stage.tell(rows(50))
        with open_index(stage.settings) as index:
            caught_up(index)
            disks.fill(ballast)
            stage.tell(rows(2_000, first=50))
            wait_for(index, lambda: "no space is left" in index.state().trouble)
            assert index.deliveries("msg_49")
            ballast.unlink()
            wait_for(index, lambda: bool(index.deliveries("msg_2049")))
            assert index.state().trouble == ""
            caught_up(index)
            (hour,) = index.hours("oura", "heartrate", 0, NOW_MS)
            assert hour.deliveries == 2_050
    finally:
        disks.unmount(place)


def test_days_go(stage: LineageStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is older than STREAMS_LINEAGE_DAYS goes; with no room for more the oldest days go, and today stays."""
    monkeypatch.setattr(loop, "FLUSH_EVERY_S", 0.0)
    monkeypatch.setattr(care, "CARE_EVERY_S", 0.0)
    days = [replace(row, processed_ms=NOW_MS - row.offset * DAY_MS) for row in rows(8)]
    stage.tell(days)
    kept = stage.settings.model_copy(update={"lineage_days": 5})
    with open_index(kept) as index:
        wait_for(index, lambda: bool(index.deliveries("msg_0")) and not index.deliveries("msg_6"))
        caught_up(index)
        assert [bool(index.deliveries(f"msg_{n}")) for n in range(8)] == [True] * 6 + [False] * 2
        assert index.reach().first_ms == (NOW_MS // DAY_MS - 5) * DAY_MS
    with open_index(kept.model_copy(update={"lineage_gib_max": 1e-9})) as index:
        wait_for(index, lambda: not index.deliveries("msg_1"))
        assert index.deliveries("msg_0")
        assert index.reach().first_ms >= (NOW_MS // DAY_MS) * DAY_MS


def test_a_topic_made_anew(stage: LineageStage) -> None:
    """An index whose topic was deleted and created again holds what the new one has, and nothing of the old one."""
    stage.tell(rows(20))
    asked(stage.settings)
    stage.make_anew(topics.LINEAGE)
    stage.tell(rows(10, first=100))
    with open_index(stage.settings) as index:
        wait_for(index, lambda: bool(index.deliveries("msg_109")))
        caught_up(index)
        assert not index.deliveries("msg_1")
        (hour,) = index.hours("oura", "heartrate", 0, NOW_MS)
        assert hour.deliveries == 10


def test_topics_that_change_while_it_reads(stage: LineageStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions that are added are read, too; a topic that is made anew, and is longer than the old one was read, is
    read from its beginning."""
    monkeypatch.setattr(loop, "TOPICS_EVERY_S", 0.0)
    monkeypatch.setattr(loop, "AGAIN_S", 0.1)
    stage.tell(rows(2))
    with open_index(stage.settings) as index:
        wait_for(index, lambda: bool(index.deliveries("msg_1")))
        more = stage.settings.partitions
        stage.grow(topics.LINEAGE, more + 1)
        stage.tell([replace(row, partition=more) for row in rows(1, first=50)])
        wait_for(index, lambda: bool(index.deliveries("msg_50")))
        monkeypatch.setattr(loop, "TOPICS_EVERY_S", 3600.0)
        stage.make_anew(topics.LINEAGE)
        stage.tell(rows(40, first=100), at_once=1)
        monkeypatch.setattr(loop, "TOPICS_EVERY_S", 0.0)
        wait_for(index, lambda: bool(index.deliveries("msg_100") and index.deliveries("msg_139")))
        assert not index.deliveries("msg_1")


def test_rows_of_an_open_transaction_are_not_here(stage: LineageStage) -> None:
    """While one is open, rows may come that were processed long ago: the index does not call itself current."""
    stage.tell(rows(2))
    with open_index(stage.settings) as index:
        caught_up(index)
        with stage.transaction() as put:
            put(rows(1, first=60))
            opened_ms = int(time.time() * 1000)
            wait_for(index, lambda: index.reach().behind_s > 2)
            assert not index.deliveries("msg_60")
            assert index.reach().as_of_ms < opened_ms
        wait_for(index, lambda: bool(index.deliveries("msg_60")))
        caught_up(index)
        assert index.reach().behind_s == 0.0


def test_reach(stage: LineageStage) -> None:
    """An index says since when it has rows, and that it is not behind once it has caught up."""
    with open_index(stage.settings) as index:
        caught_up(index)
        assert (index.reach().first_ms, index.reach().behind_s) == (0, 0.0)
        stage.tell(rows(20))
        wait_for(index, lambda: bool(index.deliveries("msg_19")))
        caught_up(index)
        assert index.reach().first_ms == NOW_MS - 3_600_000
        assert index.state().trouble == ""
        assert index.state().share == 1.0


def test_forgotten_users_stay_out(stage: LineageStage) -> None:
    """Who is forgotten is in no answer and no file, neither at once nor in an index that is made again; sums stay."""
    stage.tell(rows(60))
    stage.put(topics.DEAD_LETTERS, b"x", headers=[(H_SUBJECT, USERS[0].encode()), (H_REASON, b"bad_shape")])
    with open_index(stage.settings) as index:
        caught_up(index)
        sums = list(index.hours("oura", "heartrate", 0, NOW_MS))
        assert index.letters(USERS[0])
        assert index.forget(USERS[0].upper())
        assert not index.touching(USERS[0], "heartrate", 0, NOW_MS)
        assert not index.deliveries("msg_0")
        assert not index.letters(USERS[0])
        assert index.touching(USERS[1], "heartrate", 0, NOW_MS)
        assert list(index.hours("oura", "heartrate", 0, NOW_MS)) == sums
    owner = bytes.fromhex(USERS[0].replace("-", ""))
    assert not any(owner in file.read_bytes() for file in (stage.settings.lineage_dir / "files").iterdir())
    assert USERS[0] not in file_of(stage.settings.lineage_dir).read_text()
    shutil.rmtree(stage.settings.lineage_dir)
    stage.tell(rows(6, first=60))
    with open_index(stage.settings) as index:
        caught_up(index)
        assert not index.touching(USERS[0], "heartrate", 0, NOW_MS)
        assert len(index.touching(USERS[1], "heartrate", 0, NOW_MS)) == 22


def test_what_stands_beside(stage: LineageStage) -> None:
    """Dead letters with their redrive, and what cannot be read: the rest of a topic counts; no body is kept."""
    headers = [
        (H_ID, b"msg_1"),
        (H_SUBJECT, USERS[0].encode()),
        (H_REASON, b"bad_shape"),
        (H_DETAIL, b"$.data"),
        (H_FROM_TOPIC, stage.full("raw.summaries").encode()),
        (H_FROM_PARTITION, b"1"),
        (H_FROM_OFFSET, b"7"),
    ]
    stage.put(topics.LINEAGE, b"no avro")
    stage.put(topics.ALERTS, b"\0\0\0\0\x7fxx")
    offset = stage.put(topics.DEAD_LETTERS, MARKER.encode() * 50, headers=headers, key=MARKER.encode())
    stage.tell(rows(3))
    with open_index(stage.settings) as index:
        caught_up(index)
        wait_for(index, lambda: bool(index.letters(USERS[0])))
        (letter,) = index.letters(USERS[0])
        mark = b'{"at_ms":%d,"redriven_at":"%s","to":"x"}' % (letter.dead_ms, rfc3339(NOW_MS).encode())
        stage.put(topics.REDRIVEN, mark, key=b"0:%d" % offset)
        wait_for(index, lambda: index.letters(USERS[0])[0].redriven_ms == NOW_MS)
        assert index.letter_of("raw.summaries", 1, 7) == index.letters_of_delivery("msg_1")[0]
        assert index.state().records_unreadable == 2
        assert index.deliveries("msg_2")
    for file in stage.settings.lineage_dir.rglob("*"):
        assert file.is_dir() or MARKER.encode() not in file.read_bytes()


def test_states_and_alerts(stage: LineageStage) -> None:
    """The newest state of links and histories, whose client user id it is, and alerts by the raw record they name."""
    stage.tell(rows(3))
    who = {"user_id": USERS[0], "client_user_id": "app-7", "team_id": None, "provider": "oura"}
    link = {"status": "connected", "since": NOW_MS, "resources_available": ["sleep"], "last_event_type": "x"}
    for state in ({"status": "error", "error_type": "token_refresh_failed", "error_at": NOW_MS}, {}):
        stage.emit(topics.CONNECTIONS, "Connection", who | link | {"processed_at": NOW_MS} | state)
    stage.emit(topics.CONNECTIONS, "Connection", who | link | {"provider": "garmin", "processed_at": NOW_MS})
    stage.put(topics.CONNECTIONS, None, key=f"{USERS[0]}:garmin".encode())
    stage.put(topics.CONNECTIONS, None, key=b"of another form")
    history = {"resource": "sleep", "status": "fetching", "share": 0.5, "range_start": 5_000_000, "progress_at": NOW_MS}
    stage.emit(topics.BACKFILLS, "Backfill", who | history)
    named = {"raw_topic": stage.full("raw.timeseries"), "raw_partition": 0, "raw_offset": 0, "time": 0}
    alert = {"id": "a", "revision": 1, "user_id": USERS[0], "rule": "low", "severity": "critical", "at": NOW_MS}
    stage.emit(topics.ALERTS, "Alert", alert | {"life": "opened", "evidence": [named]})
    attempt = {"alert_id": "a", "revision": 1, "user_id": USERS[0], "receiver": "pager", "status": "delivered"}
    stage.emit(topics.ALERT_DELIVERIES, "AlertDelivery", attempt | {"attempt": 1, "at": NOW_MS})
    with open_index(stage.settings) as index:
        caught_up(index)
        wait_for(index, lambda: bool(index.alerts_of_delivery("msg_0") and index.histories(USERS[0])))
        wait_for(
            index, lambda: [(one.provider, one.status) for one in index.links(USERS[0])] == [("oura", "connected")]
        )
        assert index.links(USERS[0])[0].last_data_ms == NOW_MS - 3_700_000
        (fetched,) = index.histories(USERS[0])
        assert (fetched.start_ms, fetched.progress_ms, fetched.share) == (5_000, NOW_MS, 0.5)
        assert index.user_of("app-7") == USERS[0]
        (seen,) = index.alerts_of_delivery("msg_0")
        assert (seen.rule, seen.evidence, seen.attempts[0].receiver) == ("low", ("msg_0",), "pager")
        assert not index.alerts_of_delivery("msg_2")
        wait_for(index, lambda: index.state().records_unreadable == 1)
        index.forget(USERS[0])
        assert not index.links(USERS[0])
        assert not index.histories(USERS[0])
        assert not [key for family in OF_ALERTS for key, _ in index._store.database.prefixed(family)]
        assert index.user_of("app-7") == ""


def test_two_at_once(stage: LineageStage) -> None:
    """A second process of the same folder is refused with a sentence."""
    with open_index(stage.settings), pytest.raises(Misconfigured, match="another process"), open_index(stage.settings):
        pass


def test_kafka_is_away(settings: Settings, tmp_path: Path) -> None:
    """Without Kafka, an index answers from what it has, and says why it does not go on."""
    away = settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9", "lineage_dir": tmp_path / "lineage"})
    with open_index(away) as index:
        wait_for(index, lambda: bool(index.state().trouble))
        assert not index.deliveries("msg_1")
        assert index.reach().behind_s > 0


def test_scanned_for_one_question(stage: LineageStage) -> None:
    """Without a kept index, a part of the topic is read into one of the moment, from a time on; whole from behind the
    last record that cannot be read."""
    stage.tell(rows(30))
    told: list[int] = []
    with temporary_index() as index:
        scan_into(index, stage.settings, NOW_MS - 7_200_000, progress=told.append)
        assert len(index.touching(USERS[0], "heartrate", 0, NOW_MS)) == 10
        assert index.reach().first_ms == min(row.processed_ms for row in rows(30))  # the first that was ever written
        assert told
    with temporary_index() as index:
        scan_into(index, stage.settings, NOW_MS + 600_000)
        assert index.reach().first_ms == NOW_MS + 600_000  # of a topic that had rows before
        assert not index.deliveries("msg_1")
    stage.put(topics.LINEAGE, b"no Avro")
    with temporary_index() as index:
        scan_into(index, stage.settings, NOW_MS - 7_200_000)
        assert index.deliveries("msg_1")
        assert index.reach().first_ms > NOW_MS, "only behind what cannot be read all is known to be there"
