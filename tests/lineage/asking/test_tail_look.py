"""What has no row yet, on a real Kafka: it waits for a worker, was put back, came again, or its row is on the way."""

from dataclasses import replace

from streams.events import H_REDRIVEN_FROM
from streams.events.times import DAY_MS
from streams.lineage.asking import tail_look
from streams.lineage.asking.came_since import came_since
from streams.lineage.asking.places import Bounds, Places
from streams.lineage.asking.tail_look import Tail
from streams.lineage.known import Reach
from tests.agents.test_privacy import DATA
from tests.lineage.asking.yard import BROKEN, SLEEP, Yard, body_of, new_id, now_ms, step


def test_waiting(yard: Yard) -> None:
    """Stored, and behind what the workers have committed: how many come before it."""
    first = yard.store(new_id(9))
    yard.workers_passed(first)
    for n in range(3):
        yard.store(new_id(n))
    id = new_id(4)
    yard.store(id)
    story = yard.story(id)
    assert story.ending == "waiting"
    assert step(story, "waiting").facts["before"] == 3
    assert step(story, "signature").facts["verdict"] == "verified"


def test_waiting_for_the_first_worker(yard: Yard) -> None:
    """Nothing was ever committed: the whole topic is still to be done."""
    yard.store(new_id(1))
    id = new_id()
    offset = yard.store(id).record.offset
    assert step(yard.story(id), "waiting").facts["before"] == offset


def test_a_letter_that_was_put_back(yard: Yard) -> None:
    """It waits while workers have still to come to its record, and no longer; a letter alone does not say that."""
    id = new_id()
    died = yard.store(id, BROKEN)
    row = yard.process(died)
    yard.workers_passed(died)
    ((_, offset),) = yard.emitted
    (letter,) = yard.index.letters_of_delivery(id)
    mark_ms = now_ms()
    yard.index.writer.add_mark(row.partition, offset, letter.dead_ms, mark_ms)
    yard.index.writer.commit()
    nowhere = yard.story(id)
    assert (nowhere.ending, "neither rows nor raw topics" in nowhere.sentence) == ("cannot_tell", True)
    record = died.record
    again = [*record.headers, (H_REDRIVEN_FROM, f"{row.partition}:{offset}".encode())]
    at, _ = yard.put(record.topic, record.partition, record.key, record.value, again)
    waiting = yard.story(id)
    assert (waiting.ending, waiting.sentence.endswith("it came 2 times")) == ("waiting", True)
    assert f"raw.summaries {row.partition}:{at}" in [one for each in waiting.steps for one in each.evidence]
    yard.commit(yard.settings.group_id, "raw.summaries", row.partition, at + 1)
    assert yard.story(id).ending == "processed"


def test_processed_and_its_row_on_the_way(yard: Yard) -> None:
    """Committed a moment ago, and not in the index: processed, and no more is said than is known."""
    id = new_id()
    yard.workers_passed(yard.store(id))
    yard.index.reached = replace(yard.index.reached, as_of_ms=now_ms())
    story = yard.story(id)
    assert story.ending == "processed"
    assert "not told here" in story.sentence


def test_of_a_time_without_rows(yard: Yard) -> None:
    """Rows reach back to now: raw topics are read from the id's time on, and say whether it came."""
    came, never = new_id(age_ms=5 * 60_000), new_id(1, age_ms=5 * 60_000)
    yard.workers_passed(yard.store(came))
    yard.index.reached = Reach(first_ms=now_ms(), as_of_ms=now_ms() + DAY_MS, behind_s=0.0)
    assert yard.story(came).ending == "processed"
    assert yard.story(never).ending == "never_seen"
    assert yard.story(new_id(2, age_ms=400 * DAY_MS)).ending == "cannot_tell"
    yard.workers_passed(yard.store(f"{SLEEP}/came"))
    assert yard.story(f"{SLEEP}/came").ending == "processed"
    assert yard.story(f"{SLEEP}/never").ending == "never_seen"


def test_a_tail_that_is_too_long(yard: Yard) -> None:
    """So much is read, and then it is not said that nothing is there."""
    for n in range(4):
        yard.store(new_id(n), body_of(data={**DATA["daily.data.sleep.created"], "more": "x" * 1_000_000}))
    places = Places(yard.settings)
    tail = Tail(yard.settings, places)
    look, message = tail.look(new_id(9), bounds=Bounds(bytes_max=1_000_000, seconds=5))
    assert message is None
    assert "more than was searched" in look.unread
    look, message = tail.look(new_id(9), bounds=tail_look.BOUNDS)
    assert look.unread == ""
    tail.close()
    places.close()


def test_what_was_refused_and_came_again(yard: Yard) -> None:
    """As a row, a letter, or a record that waits for a worker; the others did not, unless not all was looked at."""
    row, dead, waits, never = (new_id(n) for n in range(4))
    yard.process(yard.store(row))
    yard.process(yard.store(dead, BROKEN))
    yard.store(waits)
    places = Places(yard.settings)
    tail, ids = Tail(yard.settings, places), frozenset({row, dead, waits, never})
    assert came_since(yard.index, tail.stored, ids) == (ids - {never}, "")
    assert came_since(yard.index, tail.stored, ids - {never, waits}) == (ids - {never, waits}, "")
    yard.index.reached = replace(yard.index.reached, behind_s=7200.0)
    assert came_since(yard.index, tail.stored, ids) == (ids - {never}, "the index is 2 h behind")
    assert came_since(yard.index, tail.stored, ids - {never}) == (ids - {never}, "")
    found, unread = tail.stored({never}, Bounds(bytes_max=1, seconds=5))
    assert (found, "more than was searched" in unread) == (frozenset(), True)
    tail.close()
    places.close()
    away = Places(yard.settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9"}))
    nobody = Tail(yard.settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9"}), away)
    assert came_since(yard.index, nobody.stored, ids).unsure.startswith("raw topics cannot be searched: ")
    nobody.close()
    away.close()


def test_the_workers_topics_made_anew(yard: Yard) -> None:
    """Offsets of the group that Kafka has no longer: the topic is read from its beginning."""
    id = new_id()
    yard.store(id)
    yard.commit(yard.settings.group_id, "raw.summaries", 0, 50_000)
    yard.commit(yard.settings.group_id, "raw.summaries", 1, 50_000)
    assert yard.story(id).ending in ("waiting", "processed")
