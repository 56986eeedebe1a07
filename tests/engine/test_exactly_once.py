"""Exactly once, on a real Kafka, with workers in processes of their own that are killed, joined and robbed."""

import time

from streams.events import topics
from streams.events.headers import H_DETAIL, H_FROM_OFFSET, H_FROM_TOPIC, H_REASON
from streams.ops.settings import Settings
from tests.engine.rig import RIGHT, TABLE, Rig, keys


def test_dedup(rig: Rig) -> None:
    """Every key is emitted once, in its source partition's number; a signal ends the worker with 0."""
    rig.feed(keys(0, 20_000) + keys(0, 20_000))
    rig.start()
    rig.drain()
    assert rig.stop() == 0
    assert rig.verdict(keys(0, 20_000)) == RIGHT
    partitions = {m.key(): m.partition() for m in rig.read(rig.topic("raw.a"))}
    assert all(m.partition() == partitions[m.key()] for m in rig.read(rig.topic("out")))


def test_killed_robbed_and_deprived(rig: Rig) -> None:
    """SIGKILL in the middle, batches lost on the way, then the state directory deleted: nothing lost or repeated."""
    rig.start(LOSE="0.05")
    for round_ in range(3):
        rig.feed(keys(round_ * 5_000, round_ * 5_000 + 10_000))
        time.sleep(0.2 * round_)  # somewhere else each time: before, in and after a transaction
        rig.kill()
        if round_ == 1:
            rig.wipe()
        rig.start(LOSE="0.05")
        rig.until(lambda: rig.lag() < 10_000, 30, "no progress after a kill")
    rig.drain()
    assert rig.verdict(keys(0, 20_000)) == RIGHT


def test_what_no_record_asks_for(rig: Rig) -> None:
    """Due rows, found by the punctuation and emitted by calls, leave once each under kills; no row stays behind."""
    rig.start()
    for round_ in range(3):
        rig.feed(keys(round_ * 1_000, round_ * 1_000 + 2_000), value=b"later")
        rig.until(lambda: rig.lag() < 1_000, 30, "no progress")
        time.sleep(0.7 * round_)  # before, in and after the calls
        rig.kill()
        if round_ == 1:
            rig.wipe()
        rig.start()
    rig.drain()
    rig.until(lambda: len(rig.keys(rig.topic("out"))) >= 4_000, 30, "due rows stay")
    rig.kill()
    out = rig.keys(rig.topic("out"))
    assert sorted(out) == sorted(keys(0, 4_000))
    newest = {m.key(): m.value() for m in rig.read(rig.changelog)}
    assert [key for key, value in newest.items() if key.startswith(b"due|") and value is not None] == []


def test_join_and_leave(settings: Settings) -> None:
    """A second worker joins under load and is killed; two source topics share the table: nothing lost or repeated."""
    rig = Rig(settings, sources=("raw.a", "raw.b"), env={"TOPICS": "2"})
    try:
        rig.start("w0")
        rig.feed(keys(0, 5_000))
        rig.until(lambda: rig.lag() < 5_000, 30, "the first worker does nothing")
        rig.start("w1")
        for begin in range(0, 30_000, 2_000):
            rig.feed(keys(begin, begin + 3_000), "raw.b")
            rig.feed(keys(begin + 1_000, begin + 4_000))
            time.sleep(0.25)
        rig.kill("w1")
        rig.feed(keys(30_000, 33_000))
        rig.drain()
        assert rig.verdict(keys(0, 33_000)) == RIGHT
    finally:
        rig.close()


def test_a_partition_that_comes_back(settings: Settings) -> None:
    """Partitions of a quiet topic go to another worker and come back: the same process goes on with them.

    The agent of a quiet topic remembers its last slice; what that refers to must not hold a database open.
    """
    rig = Rig(settings, sources=("raw.a", "raw.b"), env={"TOPICS": "2"})
    try:
        first = rig.start("w0")
        rig.feed(keys(0, 500), source="raw.b")
        rig.drain()
        rig.start("w1")
        rig.until(lambda: '"assigned"' in rig.log("w1"), 30, "the second worker gets nothing")
        rig.feed(keys(500, 1_000), source="raw.a")
        rig.drain()
        rig.stop("w1")
        rig.feed(keys(1_000, 1_500), source="raw.a")
        rig.drain()
        assert rig.workers == {"w0": first}
        assert rig.stop("w0") == 0
        assert rig.verdict(keys(0, 1_500)) == RIGHT
    finally:
        rig.close()


def test_another_address_under_the_same_id(rig: Rig) -> None:
    """A worker that comes back within its session with another address for queries goes on, and the others hear of it.

    Kafka answers a static member with the assignment that it had, in which the old address stands.
    """
    first = rig.start("w0", STREAMS_QUERY_PORT="18070")
    rig.until(lambda: '"assigned"' in rig.log("w0"), 30, "no worker")
    rig.start("w1", STREAMS_QUERY_PORT="18071")
    rig.until(lambda: '"assigned"' in rig.log("w1"), 30, "no second worker")
    rig.feed(keys(0, 1_000))
    rig.drain()
    rig.kill("w1")
    before = rig.log("w0").count('"assigned"')
    second = rig.start("w1", STREAMS_QUERY_PORT="18072")
    rig.feed(keys(500, 2_000))
    rig.drain()
    rig.until(lambda: rig.log("w0").count('"assigned"') > before, 30, "nobody hears of the new address")
    assert rig.workers == {"w0": first, "w1": second}
    assert rig.log("w1").count('"rebalance_asked"') == 1
    assert rig.verdict(keys(0, 2_000)) == RIGHT


def test_another_topic_under_the_same_id(settings: Settings) -> None:
    """A worker that comes back within its session and reads one more topic, as a new version may, does read it."""
    rig = Rig(settings, sources=("raw.a", "raw.b"))
    try:
        rig.start(TOPICS="1")
        rig.feed(keys(0, 1_000))
        rig.until(lambda: rig.lag() <= 0, 30, "the worker does nothing")
        rig.kill()
        rig.feed(keys(500, 1_500), source="raw.b")
        first = rig.start(TOPICS="2")
        rig.drain()
        assert rig.workers == {"w0": first}
        assert rig.verdict(keys(0, 1_500)) == RIGHT
    finally:
        rig.close()


def test_poison(rig: Rig) -> None:
    """A Rejected record becomes a dead letter, as it came plus reasons, and leaves no other trace."""
    rig.feed([b"good"])
    rig.feed([b"bad"], value=b"poison \xff\x00")
    rig.start()
    rig.drain()
    (letter,) = rig.read(rig.topic(topics.DEAD_LETTERS))
    (source,) = [m for m in rig.read(rig.topic("raw.a")) if m.key() == b"bad"]
    assert (letter.key(), letter.value(), letter.partition()) == (b"bad", b"poison \xff\x00", source.partition())
    headers = dict(letter.headers())
    assert headers[H_REASON] == b"bad_shape"
    assert headers[H_DETAIL] == b"$.made_up"
    assert headers[H_FROM_TOPIC].decode() == rig.topic("raw.a")
    assert headers[H_FROM_OFFSET] == b"%d" % source.offset()
    assert rig.keys(rig.topic("out")) == rig.keys(rig.changelog) == [b"good"]


def test_bug_in_a_fold(rig: Rig) -> None:
    """Any other exception: nothing of the transaction is committed, exit code 1, a sentence with the place only."""
    rig.feed([b"bug"], value=b"bug with a secret")
    worker = rig.start()
    assert worker.wait(30) == 1
    log = rig.log("w0")
    assert "FoldFailed: KeyError at dedup_worker.py:" in log
    assert rig.topic("raw.a") in log
    assert "offset 0" in log
    assert "secret" not in log
    assert rig.lag() == 1
    assert rig.keys(rig.topic("out")) == []


def test_foreign_state(rig: Rig) -> None:
    """State of another topic than the one that Kafka has now is refused, naming the directory."""
    rig.feed(keys(0, 10))
    rig.start()
    rig.drain()
    rig.stop()
    rig.recreate(rig.changelog)
    rig.feed(keys(0, 20))
    worker = rig.start()
    assert worker.wait(30) == 1
    assert f"Misconfigured: the state in {rig.state('w0')} belongs to another Kafka" in rig.log("w0")
    assert TABLE in rig.log("w0")


def test_one_directory_one_worker(rig: Rig) -> None:
    """A second worker in the same directory is refused at once."""
    rig.start()
    rig.feed(keys(0, 10))
    rig.drain()
    second = rig.start("w1", STREAMS_STATE_DIR=str(rig.state("w0")))
    assert second.wait(20) == 1
    assert "another worker uses" in rig.log("w1")
    rig.workers.pop("w1")


def test_one_id_one_worker(rig: Rig) -> None:
    """A second worker with the same id, elsewhere, takes over; the first one ends and says why."""
    first = rig.start()
    rig.feed(keys(0, 100))
    rig.drain()
    rig.workers["first"] = rig.workers.pop("w0")
    (rig.settings.state_dir / "w0.log").rename(rig.settings.state_dir / "first.log")
    rig.start("w0", STREAMS_STATE_DIR=str(rig.state("elsewhere")))
    begin = 100
    while first.poll() is None and begin < 3_000:  # the first one learns it when it next commits
        rig.feed(keys(begin - 50, begin + 50))
        begin += 50
        time.sleep(0.5)
    assert first.wait(30) == 1
    rig.workers.pop("first")
    assert "another worker runs as" in rig.log("first")
    rig.drain()
    assert rig.verdict(keys(0, begin)) == RIGHT
