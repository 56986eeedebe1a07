"""What happened at the gateways, as a cause: refusals, silences, and what they do not explain."""

from dataclasses import replace

import pytest

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.data_exits import NOT_FOUND, exit_of
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.known import Reach
from streams.lineage.why.facts import DoorNews, QuietSpan
from streams.lineage.why.judge import NOTHING_KNOWN, judged
from tests.lineage.why.test_causes import BEFORE, REFUSED, SIX_MS, holds_of
from tests.lineage.why.worlds import DAY, DAY_START_MS, NOW_MS, nothing_known, row

UNSIGNED = REFUSED._replace(is_signed=False, outcome="refused", status=401)
QUIET = QuietSpan(DAY_START_MS + HOUR_MS, DAY_START_MS + 4 * HOUR_MS, False)
GOES_ON = QuietSpan(NOW_MS - 30 * HOUR_MS, NOW_MS, False, goes_on=True)


@pytest.mark.parametrize(
    ("news", "holds"),
    [
        (DoorNews(), "false"),
        (DoorNews(refusals=(UNSIGNED,)), "false"),
        (DoorNews(refusals=(REFUSED._replace(at_ms=DAY_START_MS - 1),)), "false"),
        (DoorNews(quiet=(QUIET,)), "true"),
        (DoorNews(quiet=(QUIET._replace(was_up=True),)), "false"),
        (DoorNews(quiet=(QUIET._replace(was_up=None),)), "unknown"),
        (DoorNews(quiet=(QUIET._replace(was_up=None, from_ms=DAY_START_MS - DAY_MS),)), "unknown"),
        (DoorNews(missing=("the gateway at x does not answer",)), "unknown"),
        (DoorNews(refusals=(REFUSED,), missing=("the gateway at x does not answer",)), "true"),
        (DoorNews(refusals=(REFUSED,), unsure="the index is behind"), "unknown"),
        (DoorNews(refusals=(REFUSED,), quiet=(QUIET,), unsure="the index is behind"), "true"),
        (NotKnown("no gateway is named in STREAMS_CONSOLE_GATEWAYS"), "unknown"),
    ],
)
def test_what_the_door_explains(news: DoorNews | NotKnown, holds: str) -> None:
    """Strangers' requests explain nothing, nor a quiet night of a gateway that was there."""
    assert holds_of("door", door=news) == holds


def test_who_was_refused_untried_is_no_stranger() -> None:
    """A gateway that is busy answers before it looks at the signature: that is not said to have been wrong."""
    untried = UNSIGNED._replace(is_signed=None, outcome="busy", status=503)
    news = DoorNews(refusals=(UNSIGNED, untried, untried))
    (door,) = [step for step in judged(nothing_known(door=news)).steps if step.kind == "door"]
    assert "(1 request without a right signature and 2 requests refused before a signature was tried)" in door.sentence
    (door,) = [step for step in judged(nothing_known(door=DoorNews((untried,)))).steps if step.kind == "door"]
    assert "(1 request refused before a signature was tried)" in door.sentence
    sentence = judged(nothing_known(door=DoorNews((UNSIGNED,), (QUIET,)))).sentence
    assert ", while 1 request without a right signature came, and all that run" in sentence


def test_an_outage_after_which_all_came_again_explains_nothing() -> None:
    """Half an hour of a night that is over for hours, be a gateway known to have been away or not: Junction has sent
    again what failed. A silence of a day, or one that goes on, is no such one."""
    half = QUIET._replace(until_ms=DAY_START_MS + HOUR_MS + 30 * 60_000)
    for was_up in (False, None):
        short = half._replace(was_up=was_up)
        story = judged(nothing_known(door=DoorNews(quiet=(short,))))
        assert (story.ending, exit_of(story)) == (NOTHING_KNOWN, NOT_FOUND)
        (door,) = [step for step in story.steps if step.kind == "door"]
        assert "(30 min), and what may have failed then was sent again since" in door.sentence
        assert holds_of("door", door=DoorNews(quiet=(short,)), now_ms=half.until_ms + HOUR_MS) != "false"
        assert holds_of("door", door=DoorNews(quiet=(short._replace(goes_on=True),))) != "false"
        day = short._replace(from_ms=DAY_START_MS - 21 * HOUR_MS - 1800_000)
        assert holds_of("door", door=DoorNews(quiet=(day,)), now_ms=NOW_MS + 90 * 24 * HOUR_MS) != "false"


def test_an_outage_that_goes_on_says_who_does_not_answer() -> None:
    """Of one that is over it says that all began at its end, which is no word for one in which none runs."""
    for quiet, words in ((QUIET, "all that run began to accept at the end"), (GOES_ON, "none that is named answers")):
        story = judged(nothing_known(door=DoorNews(quiet=(quiet,))))
        assert story.ending == "door"
        assert f"and {words}" in story.sentence


def test_what_was_refused_may_have_come_again() -> None:
    """After an overload all came again, and wait or are not read yet: then no refusal is the answer. Each delivery
    counts once, however often it was refused."""
    twice = (REFUSED, REFUSED._replace(at_ms=SIX_MS + 1))
    story = judged(nothing_known(door=DoorNews(refusals=twice, unsure="the index is 2 h behind")))
    assert story.ending == "nothing_known"
    (door,) = [step for step in story.steps if step.kind == "door"]
    assert door.sentence == (
        "Gateways refused 1 signed delivery at that time (unavailable) of which no row is here yet; whether they came "
        "again since is not known: the index is 2 h behind."
    )
    assert "junction-streams trace msg_refused" in door.evidence
    began = Reach(first_ms=SIX_MS + 1, as_of_ms=NOW_MS, behind_s=0.0)
    assert holds_of("door", door=DoorNews(refusals=(REFUSED,)), reach=began) == "unknown"
    assert holds_of("door", door=DoorNews(refusals=(REFUSED,)), reach=replace(began, first_ms=SIX_MS)) == "true"
    assert holds_of("door", door=DoorNews(refusals=(REFUSED,)), reach=replace(began, first_ms=0)) == "unknown"


def test_a_quiet_team_hides_no_cause() -> None:
    """Nothing came for a day, and no gateway says whether it was there: that is no answer, and what is known is one."""
    silence = DoorNews(quiet=(QUIET._replace(was_up=None, from_ms=DAY_START_MS - DAY_MS),))
    story = judged(nothing_known(door=silence, rows=(*BEFORE, row(DAY, "STALE"))))
    assert story.ending == "stale"
    (door,) = [step for step in story.steps if step.kind == "door"]
    assert "whether a gateway was there is not known. If none was, what failed then does not come" in door.sentence
    assert "junction-streams webhooks recover --help" in door.evidence
