"""What is searched, and waited for, before it is said that a delivery never came."""

from dataclasses import replace

from streams.events.times import DAY_MS
from streams.lineage.asking.delivery_asker import CATCH_UP_S, is_open, patience_s, since_ms
from streams.lineage.delivery.delivery_ids import delivery_id
from streams.lineage.known import margin_ms
from tests.lineage.delivery.values import ARRIVAL, DEAD_ARRIVAL, MADE_MS, NOW_MS, REACH, absent, facts, letter


def test_longer_than_rows_are_on_their_way() -> None:
    """An index believes no end that is younger than its margin, which grows with the interval of commits."""
    assert patience_s(0.1) == CATCH_UP_S
    assert patience_s(5.0) == 13.0
    assert all(patience_s(s) > margin_ms(s) / 1000 for s in (0.05, 0.5, 2.0, 5.0))


def test_raw_topics_are_searched_since_it_was_made() -> None:
    """Also of a time of which there are rows: not all workers may have written theirs. Not where raw records are gone;
    all that there are for an id that does not say when. For a word that looks like none only where rows stand still."""
    assert since_ms(absent(reach=replace(REACH, first_ms=MADE_MS - DAY_MS))) == MADE_MS
    assert since_ms(absent(reach=replace(REACH, first_ms=NOW_MS))) == MADE_MS
    assert since_ms(absent(now_ms=MADE_MS + 400 * DAY_MS)) is None
    assert since_ms(absent(id=delivery_id("msg_recorded"))) == NOW_MS - 90 * DAY_MS
    hardly = absent(id=delivery_id("no-such-thing"))
    assert since_ms(hardly) is None
    still = replace(hardly, reach=replace(REACH, still_ms=NOW_MS))
    assert since_ms(still) == NOW_MS - 90 * DAY_MS


def test_what_was_put_back_is_searched_for() -> None:
    """Since then, while no row tells what became of it; one that waits for nobody is not."""
    back = letter(redriven_ms=NOW_MS - 5)
    assert is_open(facts(arrivals=(DEAD_ARRIVAL,), letters=(back,)))
    assert since_ms(facts(arrivals=(DEAD_ARRIVAL,), letters=(back,))) == NOW_MS - 5
    assert is_open(facts(arrivals=(), letters=(back,)))
    assert not is_open(facts(arrivals=(DEAD_ARRIVAL,), letters=(letter(),)))
    assert not is_open(facts(arrivals=(DEAD_ARRIVAL, ARRIVAL), letters=(back,)))
    again = letter(redriven_ms=0, offset=8, raw_offset=90, dead_ms=NOW_MS)
    assert not is_open(facts(arrivals=(DEAD_ARRIVAL,), letters=(back, again)))
