"""Who answers: what is not known because the index stands still is said in each answer; from when on Kafka is read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.message_ids import new_message_id
from streams.events.times import DAY_MS, HOUR_MS, day_number
from streams.lineage.data.days import UserClock, day_asked
from streams.lineage.delivery.delivery_ids import delivery_id
from streams.lineage.index.temporary import temporary_index
from streams.lineage.known import Reach
from streams.lineage.serving.answers import Helpers, IndexAnswerer, Troubles, open_answerer
from streams.lineage.serving.from_kafka import since_of_data, since_of_delivery
from streams.lineage.serving.questions import DataQuery, WhyQuery
from streams.ops.errors import Misconfigured
from tests.lineage.serving.desks import settings

NOW_MS = 1_780_500_000_000  # 2026-06-03 15:20 UTC
TODAY = NOW_MS // DAY_MS * DAY_MS
ZONES = [UserClock("America/New_York"), UserClock("Europe/Berlin"), UserClock("Pacific/Kiritimati")]


@contextmanager
def answering(troubles: Callable[[], Troubles] = Troubles) -> Iterator[IndexAnswerer]:
    """Over an empty index, and a Kafka that is not there."""
    with (
        temporary_index() as index,
        open_answerer(settings(bootstrap_servers="127.0.0.1:9"), index, Helpers(), troubles) as answerer,
    ):
        yield answerer


def test_why_the_index_stands_still_is_in_each_answer() -> None:
    """As a sentence among what is missing, as long as it is so."""
    now = [Troubles("no space is left on the disk.", "its files.")]
    with answering(lambda: now[0]) as answerer:
        story = answerer.delivery("probe_1")
        assert (story.missing[-1], story.notes) == ("the index does not go on: no space is left on the disk", ())
        now[0] = Troubles()
        assert answerer.delivery("probe_1").missing == ()


def test_an_index_that_goes_on_is_not_said_to_stand_still() -> None:
    """What of its care could not be done is a note: an answer lacks nothing by it, and ends as it would without."""
    with answering(lambda: Troubles(cares="no space is left to write its files anew.")) as answerer:
        story = answerer.delivery("probe_1")
        assert story.missing == ()
        assert story.notes == ("the index goes on; no space is left to write its files anew",)


def test_words_that_ask_nothing_are_refused() -> None:
    """By whoever judges them, whatever else is away."""
    with answering() as answerer:
        for ask in (
            lambda: answerer.delivery("../x"),
            lambda: answerer.data(DataQuery("u", "slep")),
            lambda: answerer.data(DataQuery("u", "sleep", day="2026-02-30")),
            lambda: answerer.data(DataQuery("u", "heartrate", at="yesterday")),
            lambda: answerer.why(WhyQuery("u", "sleep", day="tomorrow")),
        ):
            with pytest.raises(Misconfigured):
                ask()


def test_from_when_on_a_delivery_is_looked_for() -> None:
    """From a little before it was made; where its id does not say that, as far back as rows are kept."""
    made = delivery_id(new_message_id(NOW_MS - HOUR_MS, bytes(15)))
    assert NOW_MS - HOUR_MS - 10 * 60_000 < since_of_delivery(made, NOW_MS, 30) < NOW_MS - HOUR_MS
    assert since_of_delivery(delivery_id("msg_short"), NOW_MS, 30) == NOW_MS - 30 * DAY_MS


@pytest.mark.parametrize("day", ["", "2026-06-03", "last-night"])
def test_from_when_on_data_are_looked_for(day: str) -> None:
    """From where the day begins first on earth, of last night where it began first; without a day as far back as rows
    are kept; for `why` with the week before, by which a provider is judged."""
    last_night = NOW_MS - 29 * HOUR_MS
    begun = {"": NOW_MS - 30 * DAY_MS, "2026-06-03": TODAY - 14 * HOUR_MS, "last-night": last_night}
    assert since_of_data(DataQuery("u", "sleep", day), NOW_MS, 30) == begun[day]
    since_ms = since_of_data(WhyQuery("u", "sleep", day), NOW_MS, 30)
    assert since_ms == (begun[day] if day else last_night) - 8 * DAY_MS


@given(st.integers(0, 365 * 48), st.sampled_from([UserClock(offset_s=h * 1800) for h in range(-24, 29)] + ZONES))
def test_all_of_last_night_is_read_wherever_the_user_is(half_hours: int, clock: UserClock) -> None:
    """The clock is known only when that has been read."""
    now_ms = NOW_MS + half_hours * HOUR_MS // 2
    day = day_asked("last-night", clock, now_ms, Reach(first_ms=1, as_of_ms=now_ms, behind_s=0.0))
    assert since_of_data(DataQuery("u", "sleep", "last-night"), now_ms, 30) <= day.from_ms


def test_where_no_rows_are_kept_nothing_is_said_of_data() -> None:
    """Nobody wrote what came of them."""
    for query in (DataQuery("u", "sleep"), WhyQuery("u", "sleep", "2026-06-03")):
        with pytest.raises(Misconfigured, match="STREAMS_LINEAGE_DAYS is 0"):
            since_of_data(query, NOW_MS, 0)


def test_a_day_is_judged_before_anything_is_read() -> None:
    """With the span that is kept."""
    from datetime import date

    assert day_number(date(2026, 6, 3)) * DAY_MS == TODAY
    with pytest.raises(Misconfigured, match="has what was processed from 2026-05-04"):
        since_of_data(DataQuery("u", "sleep", "2026-06-31"), NOW_MS, 30)
