"""What goes wrong under an index, and that it goes on: a disk that refuses, records that are no records, a kill."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from streams.events import topics
from streams.lineage.index import erasing
from streams.lineage.index.answers import DiskIndex
from streams.lineage.index.database import IndexFull, IndexShut
from streams.lineage.index.forgotten import Forgotten, file_of, forget
from streams.lineage.index.intake import loop, patience
from streams.lineage.index.intake.loop import IndexIntake
from streams.lineage.index.intake.patience import IDS_MAX, SchemaPatience
from streams.lineage.index.intake.positions import Bounds, Position
from streams.lineage.index.intake.records import RecordIntake, history_of, link_of
from streams.lineage.index.rows.packed import owner_digest
from streams.lineage.index.store import IndexStore
from streams.lineage.index.temporary import TemporaryIndex, temporary_index
from streams.ops.errors import Misconfigured, UnknownSchema, Unreadable
from streams.ops.settings import Settings
from tests.lineage.index.made import USERS, row
from tests.lineage.index.stage import wait_for

SOURCE = ("junction.lineage", 0)
FREE_TEXT = "Jane Doe, 7 Elm Street"


class Record:
    """Of a topic, as librdkafka gives it."""

    def __init__(
        self, topic: str, key: bytes, value: bytes, at_ms: int = 5_000, partition: int = 0, offset: int = 7
    ) -> None:
        self._of = topic, key, value, at_ms
        self._place = partition, offset

    def topic(self) -> str:
        return self._of[0]

    def partition(self) -> int:
        return self._place[0]

    def offset(self) -> int:
        return self._place[1]

    def key(self) -> bytes:
        return self._of[1]

    def value(self) -> bytes:
        return self._of[2]

    def timestamp(self) -> tuple[int, int]:
        return 1, self._of[3]


class Records:
    """A log with these, of which the end is known, too."""

    def __init__(self, *records: Record) -> None:
        self._records = records

    def messages(self, timeout_s: float, ended: dict[Any, int]) -> list[Record]:
        ended |= {(one.topic(), one.partition()): one.offset() + 1 for one in self._records}
        return list(self._records)


class Refusing:
    """Takes no record."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def take(self, message: object) -> int:
        raise self._error


def made(tmp_path: Path) -> tuple[IndexStore, Any]:
    """An index, and what keeps it, which has not begun."""
    store = IndexStore(tmp_path)
    settings = Settings(_env_file=None, lineage_dir=tmp_path)
    return store, IndexIntake(settings, store, Forgotten(None))


@pytest.mark.parametrize("error", [OSError("the disk is away"), IndexFull(Path("x")), IndexShut(Path("x"))])
def test_a_cure_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Whatever making room, or opening the files again, raises: the thread stays, and does it once more."""
    monkeypatch.setattr(loop, "AGAIN_S", 0.01)
    store, intake = made(tmp_path)
    tries: list[int] = []

    def cure() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise error

    def follow() -> None:
        if not tries:
            raise IndexFull(tmp_path)
        intake._stop.wait(0.01)

    intake._stop_for_room, intake._follow = cure, follow
    with closing(store):
        intake.start()
        wait_for(intake, lambda: len(tries) == 3 and intake._cure is None, 10)
        intake.stop()


def test_files_that_are_not_open(tmp_path: Path) -> None:
    """Who asks while the files are shut is told so in a sentence; opened again, they answer."""
    with closing(TemporaryIndex(tmp_path)) as index:
        index.store.database._db.close()
        with pytest.raises(IndexShut, match="tried again by itself"):
            index.deliveries("msg_1")
        index.store.database.reopen()
        assert not index.deliveries("msg_1")


def test_a_quota_is_a_full_disk(tmp_path: Path) -> None:
    """As a disk without room."""
    with closing(TemporaryIndex(tmp_path)) as index:
        found = index.store.database._trouble(Exception("IO error: Disk quota exceeded: While appending to file"))
        assert isinstance(found, IndexFull)


@pytest.mark.parametrize("error", [IndexError("x"), AttributeError("x")])
def test_records_that_are_no_records(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers too large for a key, words that are no words: Unreadable, whatever Python says of them."""
    mark = b'{"at_ms":5,"redriven_at":"2026-01-01T00:00:00Z","to":"x"}'
    with temporary_index() as index:
        records = RecordIntake(Settings(_env_file=None), index.writer)
        with pytest.raises(Unreadable, match="error"):
            records.take(Record(f"junction.{topics.REDRIVEN}", b"70000:5", mark))
        monkeypatch.setattr(records, "_of", {topics.LINEAGE: lambda message: Refusing(error).take(message)})
        with pytest.raises(Unreadable, match=type(error).__name__):
            records.take(Record(SOURCE[0], b"", b""))


def test_whole_only_behind_what_cannot_be_read(tmp_path: Path) -> None:
    """Deliveries of a record that cannot be read are not "never seen": the index reaches back to behind it."""
    assert Position("id", 7, 1_000, 4_000).without(7, 5_000) == Position("id", 8, 5_001, 4_000, is_whole=False)
    store, intake = made(tmp_path)
    with closing(store):
        intake._positions = {SOURCE: Position("id", 7, 1_000, 4_000), ("junction.lineage", 1): Position("id", 9, 500)}
        assert intake.reach().first_ms == 500
        intake._read(Records(Record(SOURCE[0], b"", b"")), Refusing(Unreadable("no Avro")))
        assert (intake.reach().first_ms, intake._positions[SOURCE].next) == (5_001, 8)


def test_connections_that_are_still_being_read(tmp_path: Path) -> None:
    """Said apart from lineage, which may be read long before: without it no connection is said to be missing."""
    store, intake = made(tmp_path)
    place = (f"junction.{topics.CONNECTIONS}", 0)
    with closing(store):
        intake._bounds = {SOURCE: Bounds(0, 7), place: Bounds(0, 9)}
        intake._positions = {SOURCE: Position("id", 7, 1_000, 4_000), place: Position("id", 2)}
        assert not intake.reach().has_connections
        intake._positions |= {place: Position("id", 9)}
        assert intake.reach().has_connections


def of_schema(id: int, partition: int, offset: int) -> Record:
    """A record that names a schema."""
    return Record(SOURCE[0], b"", b"\0" + id.to_bytes(4, "big") + b"x", partition=partition, offset=offset)


def test_an_unknown_schema_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a while, as a registry may know it soon; one that nobody has does not hold the index up for good."""
    store, intake = made(tmp_path)
    log, records = Records(of_schema(9, 0, 7)), Refusing(UnknownSchema("no schema 9"))
    with closing(store):
        intake._positions = {SOURCE: Position("id", 7, 1_000, 4_000)}
        with pytest.raises(UnknownSchema):
            intake._read(log, records)
        assert intake._positions[SOURCE].next == 7, "neither by the record nor by the end that was met"
        monkeypatch.setattr(patience, "WAIT_S", 0.0)
        intake._read(log, records)
        assert (intake.reach().first_ms, intake._positions[SOURCE].next) == (5_001, 8)


def test_many_records_of_unknown_schemas_wait_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those behind, and those of other partitions, wait meanwhile: once the time is over all are passed over."""
    store, intake = made(tmp_path)
    places = [(SOURCE[0], n) for n in range(3)]
    refused, moment_s = [of_schema(9, n, at) for at in (7, 8) for n in range(3)], [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: moment_s[0])
    with closing(store):
        intake._positions = {one: Position("id", 7, 1_000, 4_000) for one in places}
        log, records = Records(*refused, of_schema(10, 2, 9)), Refusing(UnknownSchema("not known"))
        with pytest.raises(UnknownSchema):
            intake._read(log, records)
        moment_s[0] = 60.0
        intake._read(log, records)
        assert [intake._positions[one].next for one in places] == [9, 9, 10]


def test_what_was_read_beside_an_unknown_schema_stays_read(tmp_path: Path) -> None:
    """A partition that waits holds no other one up, and what was passed over before is not met again."""
    store, intake = made(tmp_path)

    class Other:
        def take(self, message: Record) -> int:
            if message.partition() == 0:
                raise UnknownSchema("no schema 9")
            return 4_500

    other = (SOURCE[0], 1)
    with closing(store):
        intake._positions = {one: Position("id", 7, 1_000, 4_000) for one in (SOURCE, other)}
        with pytest.raises(UnknownSchema):
            intake._read(Records(of_schema(9, 0, 7), of_schema(8, 1, 7)), Other())
        intake._load()
        assert intake._positions == {other: Position("id", 8, 1_000, 4_500)}


def test_not_any_number_of_schemas_is_waited_for() -> None:
    """Whoever may write to the topic may name any: beyond some, a record is passed over at once."""
    waits = SchemaPatience()
    over = [waits.is_over(b"\0" + id.to_bytes(4, "big"), 0.0) for id in range(1, IDS_MAX + 2)]
    assert over == [False] * IDS_MAX + [True]
    assert not waits.is_over(b"\0\0\0\x7f\xff", 86_400.0), "those that nobody met since make room"


def test_a_schema_that_was_waited_for_is_waited_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days later a registry may not know it for a moment, nor one that only stood behind it: nothing is passed over."""
    store, intake = made(tmp_path)
    unknown, moment_s = {9}, [0.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: moment_s[0])

    class Registry:
        def take(self, message: Record) -> int:
            if message.value()[4] in unknown:
                raise UnknownSchema("not known")
            return 4_500

    with closing(store):
        intake._positions = {SOURCE: Position("id", 7, 1_000, 4_000)}
        log = Records(of_schema(9, 0, 7), of_schema(7, 0, 8))
        with pytest.raises(UnknownSchema):
            intake._read(log, Registry())
        unknown, moment_s[0] = set(), 5.0
        intake._read(log, Registry())
        unknown, moment_s[0] = {7, 9}, 70.0
        for id in (7, 9):
            with pytest.raises(UnknownSchema):
                intake._read(Records(of_schema(id, 0, 9)), Registry())
        assert (intake._positions[SOURCE].next, intake.state().records_unreadable) == (9, 0)


def test_what_is_not_met_again_waits_anew() -> None:
    """A wait that was cut off says nothing of one that comes much later; of one in vain the next record knows."""
    waits, cut_off, in_vain = SchemaPatience(), b"\0\0\0\0\1", b"\0\0\0\0\2"
    assert [waits.is_over(one, 0.0) for one in (cut_off, in_vain)] == [False, False]
    assert waits.is_over(in_vain, 60.0)
    assert not waits.is_over(cut_off, 86_400.0)
    assert waits.is_over(in_vain, 86_400.0)
    waits.met_known(in_vain)
    assert not waits.is_over(in_vain, 86_401.0)


def test_a_worker_whose_clock_is_ahead(tmp_path: Path) -> None:
    """A row of a time to come says nothing of how far the others are read."""

    class Ahead:
        def take(self, message: Record) -> int:
            return 2**45

    store, intake = made(tmp_path)
    with closing(store):
        intake._positions = {SOURCE: Position("id", 7, 1_000, 4_000)}
        intake._read(Records(of_schema(9, 0, 7)), Ahead())
        assert intake._positions[SOURCE].last_ms <= loop._now_ms()


def test_care_that_could_not_be_done_is_told_apart(tmp_path: Path) -> None:
    """An index whose files could not be written anew goes on all the same."""
    store, intake = made(tmp_path)
    with closing(store):
        intake.care.trouble = "no space is left"
        assert (intake.state().trouble, intake.state().care_trouble) == ("", "no space is left")


def test_a_look_while_files_are_shut(tmp_path: Path) -> None:
    """How an index is can be asked at any time, and to end with shut files is no error."""
    store, intake = made(tmp_path)
    store.database._db.close()
    assert intake.state().bytes_on_disk == 0
    store.close()


def test_no_kafka_is_needed_to_forget(tmp_path: Path) -> None:
    """A person goes from the index before Kafka is asked for anything."""
    store = IndexStore(tmp_path / "lineage")
    settings = Settings(_env_file=None, lineage_dir=tmp_path / "lineage")
    listed = file_of(settings.lineage_dir)
    intake = IndexIntake(settings, store, Forgotten(listed))
    with closing(store):
        intake._writer.add([row(owner_id=USERS[0])])
        intake._writer.commit()
        forget(listed, USERS[0])
        with pytest.raises(Misconfigured, match="STREAMS_BOOTSTRAP_SERVERS"):
            intake._follow()
        assert not DiskIndex(store, intake.reach).deliveries("msg_1")


def test_an_erasure_that_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended between deleting and writing files anew, it is not done: the next one writes them anew."""
    digest = owner_digest(USERS[0])
    with closing(TemporaryIndex(tmp_path)) as index:
        index.writer.add([row(owner_id=USERS[0])])
        index.writer.commit()
        database, compacted = index.store.database, list[bytes]()

        def cut_off(start: bytes, stop: bytes) -> None:
            raise IndexFull(tmp_path)

        monkeypatch.setattr(database, "compact", cut_off)
        assert erasing.delete(index.store, index.writer, [digest])
        with pytest.raises(IndexFull):
            erasing.finish(index.store, index.writer, [digest])
        monkeypatch.setattr(database, "compact", lambda start, stop: compacted.append(start))
        erasing.finish(index.store, index.writer, [digest])
        n = len(compacted)
        assert n > 0
        erasing.finish(index.store, index.writer, [digest])
        assert len(compacted) == n, "once it is done it is not done again"


def test_no_free_text_as_a_provider() -> None:
    """A provider that is no name may be anything: it does not come into the index."""
    link = dict.fromkeys(("status", "error_type"), "") | {"since": 0, "error_at": 0, "provider": FREE_TEXT}
    assert FREE_TEXT not in str(link_of(link | {"resources_available": [], "resources_unavailable": []}))
    times = ("fetch_start", "range_start", "fetch_end", "range_end", "progress_at", "notified_at")
    history = dict.fromkeys(times, 0) | dict.fromkeys(("resource", "status", "reason"), "") | {"share": None}
    assert FREE_TEXT not in str(history_of(history | {"provider": FREE_TEXT}))
