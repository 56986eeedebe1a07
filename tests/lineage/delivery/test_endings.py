"""How a delivery ended: one word and one sentence for each way that it can."""

from dataclasses import replace

import pytest

from streams.events.message_ids import new_message_id
from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.delivery.delivery_ids import delivery_id
from streams.lineage.delivery.facts import (
    Arrival,
    DeliveryFacts,
    DoorLook,
    LetterSeen,
    NotKnown,
    OriginalGone,
    RawPlace,
    RedriveSeen,
    TailLook,
)
from streams.lineage.known import Reach
from tests.lineage.delivery.values import (
    ARRIVAL,
    DEAD,
    DEAD_ARRIVAL,
    MADE_MS,
    NOW_MS,
    RAW,
    REACH,
    ROW,
    TAIL,
    TOPIC,
    absent,
    facts,
    letter,
    refused_at,
    told,
)

TAIL_PLACE = RawPlace(TOPIC, 3, 41)
UNPROCESSED = Arrival(row=None, raw=RAW)
AWAY = NotKnown("Kafka does not answer")


def test_processed() -> None:
    """When, how long after it was made, and what its verdicts were."""
    found = told(facts())
    assert found.ending == "processed"
    assert found.sentence == "processed at 2026-06-03 15:20:00 UTC 0.40 s after it was made: 1 CHANGED"


def test_processed_without_a_verdict() -> None:
    """A delivery of which nothing could be judged was processed all the same."""
    found = told(facts(arrivals=(replace(ARRIVAL, row=replace(ROW, entities=(), clean=())),)))
    assert found.ending == "processed"
    assert "nothing in it had a verdict" in found.sentence


def test_how_long_it_took_is_said_where_it_is_known() -> None:
    """Not of a delivery whose time nobody knows, nor of one that was processed before it was made."""
    at_once = replace(ARRIVAL, row=replace(ROW, processed_ms=MADE_MS))
    assert " 0.00 s after it was made" in told(facts(arrivals=(at_once,))).sentence
    before = replace(ARRIVAL, row=replace(ROW, processed_ms=MADE_MS - 1))
    assert "after it was made" not in told(facts(arrivals=(before,))).sentence
    unknown = replace(ARRIVAL, row=replace(ROW, created_ms=0), raw=AWAY)
    assert "after it was made" not in told(facts(id=delivery_id("msg_recorded_1"), arrivals=(unknown,))).sentence


def test_older_arrivals_are_counted() -> None:
    """Of one that came very often the newest are told, and all are counted."""
    found = told(facts(left_out=5, letters_left_out=1))
    assert found.sentence.endswith("it came 6 times")
    assert "5 older arrivals of it left out" in found.missing
    assert "1 older dead letter of it left out" in found.missing


def test_expired() -> None:
    """The row is left, the bytes are not; the verdicts are still told."""
    found = told(facts(arrivals=(replace(ARRIVAL, raw=OriginalGone("it has expired")),)))
    assert found.ending == "expired"
    assert "1 CHANGED; the original has gone, the row is what is left" in found.sentence


def test_an_original_that_could_not_be_read_has_not_gone() -> None:
    """Kafka away is no expiry: the ending stays, and the reason is among what is missing."""
    found = told(facts(arrivals=(replace(ARRIVAL, raw=AWAY),)))
    assert found.ending == "processed"
    assert AWAY.why in found.missing


def test_dead_with_what_a_redrive_would_do() -> None:
    """The reason, and whether it can go back."""
    found = told(facts(arrivals=(DEAD_ARRIVAL,), letters=(letter(),)))
    assert found.ending == "dead"
    assert found.sentence.endswith("bad_shape $.data.id; a redrive would put it back to raw.summaries")
    refusal = LetterSeen(letter().letter, RedriveSeen("would die again: bad_shape $.data.id"))
    found = told(facts(arrivals=(DEAD_ARRIVAL,), letters=(refusal,)))
    assert "a redrive would not put it back: would die again" in found.sentence


def test_dead_though_the_letter_is_not_found() -> None:
    """The row alone says that it died."""
    assert told(facts(arrivals=(DEAD_ARRIVAL,))).ending == "dead"


def test_dead_at_the_door() -> None:
    """A body that the gateway could not read has no raw record, and so no row."""
    found = told(absent(letters=(letter(raw_topic="", raw_partition=-1, raw_offset=-1),)))
    assert found.ending == "dead"


BACK = letter(redriven_ms=MADE_MS + HOUR_MS // 2)


def test_put_back_and_not_processed_again_waits() -> None:
    """A letter that was redriven is no end: its record is found where the workers have still to come."""
    place = RawPlace(TOPIC, 3, 90)
    waiting = Arrival(row=None, raw=replace(RAW, place=place, redriven_from="3:7"))
    tail = TailLook(NOW_MS, place=place, before=2)
    found = told(facts(arrivals=(DEAD_ARRIVAL, waiting), letters=(BACK,), tail=tail))
    assert (found.ending, "2 records of its partition come first" in found.sentence) == ("waiting", True)
    passed = told(facts(arrivals=(DEAD_ARRIVAL, waiting), letters=(BACK,), tail=tail._replace(is_passed=True)))
    assert passed.ending == "processed"


@pytest.mark.parametrize("arrivals", [(), (DEAD_ARRIVAL,)])
def test_put_back_and_nowhere_found_does_not_wait(arrivals: tuple[Arrival, ...]) -> None:
    """It was processed since, and its row has gone; or it cannot be told, and why: no worker is said to have it."""
    now_ms = MADE_MS + 45 * DAY_MS
    late = Reach(first_ms=now_ms - 30 * DAY_MS, as_of_ms=now_ms, behind_s=0)
    searched = TailLook(now_ms, since_ms=MADE_MS)
    known = facts(now_ms=now_ms, reach=late, arrivals=arrivals, letters=(BACK,), tail=searched)
    found = told(known)
    assert found.ending == "expired"
    assert found.sentence.startswith("a dead letter that was put back at 2026-06-03 15:50:00 UTC; what became of it")
    for less, why in (
        ({"tail": AWAY}, AWAY.why),
        ({"tail": searched._replace(unread="not all was read")}, "not all was read"),
        ({"reach": replace(late, as_of_ms=now_ms - 12_000)}, "12.0 s behind"),
        ({"reach": AWAY}, AWAY.why),
        ({"reach": replace(late, first_ms=1)}, "neither rows nor raw topics"),
    ):
        found = told(replace(known, **less))
        assert (found.ending, why in found.sentence) == ("cannot_tell", True)


def test_put_back_and_dead_again() -> None:
    """Its second letter counts, though its second row is not here."""
    again = letter(offset=8, raw_offset=90, dead_ms=NOW_MS, reason="too_large")
    found = told(facts(arrivals=(DEAD_ARRIVAL,), letters=(BACK, again)))
    assert found.ending == "dead"
    assert "too_large" in found.sentence


def test_put_back_and_processed() -> None:
    """Its newest arrival counts, and both are told."""
    again = replace(ROW, offset=90, processed_ms=NOW_MS, redriven_from="3:7")
    known = facts(arrivals=(DEAD_ARRIVAL, Arrival(row=again, raw=RAW)), letters=(letter(redriven_ms=NOW_MS - 5),))
    found = told(known)
    assert found.ending == "processed"
    assert found.sentence.endswith("it came 2 times")
    assert "after it was made" not in found.sentence  # of the redrive that would say nothing


def test_waiting() -> None:
    """In the raw topic, behind what is committed, with how many come first."""
    tail = TailLook(NOW_MS, place=TAIL_PLACE, before=12)
    found = told(absent(arrivals=(UNPROCESSED,), tail=tail))
    assert (found.ending, found.sentence) == (
        "waiting",
        "stored, and waiting for a worker: 12 records of its partition come first",
    )
    found = told(absent(arrivals=(UNPROCESSED,), tail=tail._replace(before=0)))
    assert found.sentence.endswith("it is the next of its partition")


def test_committed_without_a_row() -> None:
    """Between the commit and its row, or with its row gone: processed, and no more is said."""
    tail = TailLook(NOW_MS, place=TAIL_PLACE, is_passed=True)
    found = told(absent(arrivals=(UNPROCESSED,), tail=tail))
    assert found.ending == "processed"
    assert "not told here" in found.sentence


def test_refused() -> None:
    """How often, what the last one was answered, and when it comes again."""
    found = told(absent(now_ms=MADE_MS + 20_000, door=refused_at(0.1, 5), tail=TailLook(MADE_MS + 20_000)))
    assert found.ending == "refused"
    assert "refused 2 times: 2026-06-03 15:20:05 UTC with 503 unavailable; Junction sends it again" in found.sentence
    assert "attempt 3 of 8" in found.sentence


def test_refused_by_somebody_else() -> None:
    """Whoever claims an id without a right signature proves nothing."""
    found = told(absent(door=refused_at(1, is_signed=False, status=401, outcome="refused")))
    assert "whether it was Junction's is not proved" in found.sentence


def test_a_stranger_moves_no_schedule() -> None:
    """Who sends an id without a right signature is told of, and Junction's next attempt is the one that it was."""
    at_ms = MADE_MS + 260_000
    known = absent(now_ms=at_ms, door=refused_at(0.3, 5.5), tail=TailLook(at_ms))
    stranger = refused_at(250, is_signed=False, status=401, outcome="refused").attempts
    both = replace(known, door=DoorLook(attempts=known.door.attempts + stranger))
    assert "attempt 3 of 8" in told(known).sentence
    said = told(known).sentence.replace("2 times", "2 times (and 1 time without a right signature)")
    assert told(both).sentence == said


def test_refused_at_the_last_attempt() -> None:
    """Nothing comes after it, though its time is not over yet: that time is not told as one that was."""
    at_ms = MADE_MS + 81_000_000
    reach = replace(REACH, as_of_ms=at_ms)
    found = told(absent(now_ms=at_ms, reach=reach, door=refused_at(80_000), tail=TailLook(at_ms)))
    assert found.sentence.endswith("; that was Junction's last attempt: it has to be asked for")


def test_never_seen() -> None:
    """When it comes again by itself."""
    found = told(absent(now_ms=MADE_MS + HOUR_MS))
    assert found.ending == "never_seen"
    assert found.sentence.startswith("never seen; Junction sends it again, in ")
    assert "attempt 5 of 8" in found.sentence


def test_never_seen_and_over() -> None:
    """Behind the last attempt it has to be asked for."""
    now_ms = MADE_MS + 3 * DAY_MS
    reach = replace(REACH, as_of_ms=now_ms)
    found = told(absent(now_ms=now_ms, reach=reach, tail=TailLook(now_ms)))
    assert found.ending == "never_seen"
    assert "Junction has stopped sending it by" in found.sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("msg_recorded_1", "does not say when it was made"),
        (f"bf_{'0' * 32}.3.0", "no page of that number was fetched"),
        ("daily.data.sleep.created/1", "in the pipeline"),
        (f"sha256:{'0' * 64}", "in the pipeline"),
        ("probe_1", "a probe"),
    ],
)
def test_never_seen_by_form(text: str, words: str) -> None:
    """What has no schedule of Junction's is not said to come again; without a time in its id it is said since when."""
    found = told(absent(id=delivery_id(text), tail=TailLook(NOW_MS, since_ms=NOW_MS - 90 * DAY_MS)))
    assert found.ending == "never_seen"
    assert words in found.sentence
    assert ("what came before 2026-03-05 16:20:00 UTC is not known" in found.sentence) == (text != "probe_1")


@pytest.mark.parametrize("text", ["msg_recorded_1", f"bf_{'0' * 32}.3.0", "daily.data.sleep.created/1", "a-name"])
@pytest.mark.parametrize("first_ms", [0, MADE_MS])
def test_an_id_without_a_time_may_be_of_any_time(text: str, first_ms: int) -> None:
    """Before the index begins, or with none of its rows, it is never seen only where all raw records were searched."""
    reach = replace(REACH, first_ms=first_ms)
    for tail in (TAIL, TailLook(NOW_MS, partly="too much"), TailLook(NOW_MS, since_ms=NOW_MS - 89 * DAY_MS)):
        found = told(absent(id=delivery_id(text), reach=reach, tail=tail))
        assert found.ending == "cannot_tell"
    assert ("does not say when it was made" in found.sentence) == bool(first_ms)
    searched = TailLook(NOW_MS, since_ms=NOW_MS - 90 * DAY_MS)
    behind = replace(reach, as_of_ms=NOW_MS - 12_000)
    assert told(absent(id=delivery_id(text), reach=reach, tail=searched)).ending == "never_seen"
    assert told(absent(id=delivery_id(text), reach=behind, tail=searched)).ending == "cannot_tell"
    still = replace(behind, still_ms=NOW_MS - 9_000)
    assert told(absent(id=delivery_id(text), reach=still, tail=searched)).ending == "never_seen"


BEHIND = replace(REACH, as_of_ms=NOW_MS - 12_000, behind_s=12.0)
OLD = replace(REACH, first_ms=MADE_MS + 1)
FUTURE = delivery_id(new_message_id(NOW_MS + DAY_MS, bytes(15)))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (absent(reach=BEHIND), "the index is 12.0 s behind"),
        (absent(reach=NotKnown("no index")), "no index"),
        (absent(arrivals=NotKnown("its disk")), "its disk"),
        (absent(letters=NotKnown("no letters")), "no letters"),
        (absent(tail=AWAY), AWAY.why),
        (absent(tail=TailLook(NOW_MS, unread="50 MiB are not all")), "50 MiB are not all"),
        (absent(reach=OLD), "is not known any more"),
        (absent(reach=Reach(first_ms=0, as_of_ms=NOW_MS, behind_s=0)), "the index has no rows"),
        (absent(id=FUTURE), "is still to come"),
    ],
)
def test_never_seen_is_not_said_of_what_was_not_looked_at(known: DeliveryFacts, why: str) -> None:
    """Not found is not never seen: with whatever could hide it, the answer is that nobody can tell, and why."""
    found = told(known)
    assert found.ending == "cannot_tell"
    assert why in found.sentence


def test_refused_is_not_said_either() -> None:
    """What was refused once may have been taken since, where nobody has read yet."""
    found = told(absent(reach=BEHIND, door=refused_at(1)))
    assert found.ending == "cannot_tell"
    assert "refused" in [step.kind for step in found.steps]


def test_an_old_one_is_never_seen_where_the_raw_topics_say_so() -> None:
    """Rows of then have gone, and all raw records since then were read."""
    searched = TailLook(NOW_MS, since_ms=MADE_MS - 1)
    assert told(absent(reach=OLD, tail=searched)).ending == "never_seen"
    assert told(absent(reach=OLD, tail=searched._replace(since_ms=MADE_MS + 1))).ending == "cannot_tell"
    later_ms = MADE_MS + 91 * DAY_MS
    late = replace(REACH, first_ms=later_ms - DAY_MS, as_of_ms=later_ms)
    gone = absent(now_ms=later_ms, reach=late, tail=TailLook(later_ms, since_ms=MADE_MS - 1))
    assert told(gone).ending == "cannot_tell"


def test_the_edges_of_what_is_known() -> None:
    """Made at the first moment that has rows is known; made at the edge of the retention is not."""
    at_first = replace(REACH, first_ms=MADE_MS)
    assert told(absent(reach=at_first)).ending == "never_seen"
    exactly = TailLook(NOW_MS, since_ms=MADE_MS)
    assert told(absent(reach=OLD, tail=exactly)).ending == "never_seen"
    now_ms = MADE_MS + 90 * DAY_MS
    late = Reach(first_ms=now_ms, as_of_ms=now_ms, behind_s=0)
    assert told(absent(now_ms=now_ms, reach=late, tail=TailLook(now_ms, since_ms=MADE_MS))).ending == "cannot_tell"
    ahead = delivery_id(new_message_id(NOW_MS + 5 * 60_000, bytes(15)))
    assert told(absent(id=ahead)).ending == "never_seen"


def test_raw_topics_that_were_searched_in_part() -> None:
    """Rows reach back to then: never seen, as rows say, and that raw topics were not read whole."""
    part = TailLook(NOW_MS, partly="too much")
    story = told(absent(tail=part))
    assert (story.ending, story.missing) == ("never_seen", ("too much",))
    assert told(absent(tail=TailLook(NOW_MS, since_ms=MADE_MS - 1))).missing == ()
    assert told(absent(reach=OLD, tail=part)).ending == "cannot_tell"


def test_an_index_that_stands_still() -> None:
    """Read once, before the raw topics: that counts where these were searched since the delivery was made."""
    still = replace(REACH, as_of_ms=NOW_MS - 20_000, still_ms=NOW_MS - 9_000)
    searched = TailLook(NOW_MS, since_ms=MADE_MS - 1)
    assert told(absent(reach=still, tail=searched)).ending == "never_seen"
    assert told(absent(reach=still, tail=TailLook(NOW_MS))).ending == "cannot_tell"
    assert told(absent(reach=replace(still, still_ms=MADE_MS - 1), tail=searched)).ending == "cannot_tell"
    assert told(absent(reach=replace(still, still_ms=0), tail=searched)).ending == "cannot_tell"


def test_dead_goes_before_the_original() -> None:
    """A dead letter stays one when its raw record has expired: the letter has the bytes."""
    gone = Arrival(row=DEAD, raw=OriginalGone("it has expired"))
    assert told(facts(arrivals=(gone,), letters=(letter(),))).ending == "dead"
