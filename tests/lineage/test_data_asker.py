"""Questions in a person's words, over a real index of the product's rows."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from streams.events.times import DAY_MS, HOUR_MS, day_text
from streams.lineage.data_asker import DataAsker, DataSources
from streams.lineage.data_exits import ANSWERED, CANNOT_TELL, NOT_FOUND, exit_of
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.index.temporary import temporary_index
from streams.lineage.known import Index, Link, Reach
from streams.lineage.telling import Story
from streams.ops.errors import Misconfigured, Unavailable
from tests.lineage.why.real_worlds import FIRST_MS, NOW_MS, TODAY, TODAY_MS, USER, RealWorld
from tests.lineage.why.worlds import row

SPAN = "The index has what was processed from 2026-11-06 00:00:00 UTC to 2026-11-18 11:06:40 UTC."


@pytest.fixture(scope="module")
def asker() -> Iterator[DataAsker]:
    """Of a user in Madrid, whose last night came and was corrected."""
    world = RealWorld()
    world.night(TODAY, 70, id="msg_came", at_ms=TODAY_MS + 7 * HOUR_MS)
    world.night(TODAY, 75, id="msg_corrected", at_ms=TODAY_MS + 8 * HOUR_MS, updated_at="2026-11-18T07:30:00Z")
    with world.asker() as found:
        yield found


def test_what_happened_to_last_night(asker: DataAsker) -> None:
    """The local day of today, by the clock that the newest data name; each delivery, and what it changed."""
    story = asker.story(USER, "sleep", day="last-night", show_values=True)
    assert story.sentence.startswith(
        "2 deliveries touched sleep of 2026-11-18 in the user's clock (UTC+01:00): 1 CHANGED, 1 NEW;"
    )
    assert [step.kind for step in story.steps] == ["delivery", "delivery", "diff"]
    assert "score 70.0 → 75.0" in story.steps[-1].sentence
    assert story.reaches_ms == FIRST_MS


def test_all_that_is_known(asker: DataAsker) -> None:
    """Without a day: every night of ten days, of which each came twice."""
    story = asker.story(USER, "sleep")
    assert {step.kind for step in story.steps} == {"notice", "delivery", "diff"}
    assert len([step for step in story.steps if step.kind == "delivery"]) > 15
    assert not [step for step in story.steps if step.kind == "judged_otherwise"]
    assert asker.story(USER, "sleep", entity=f"night-{TODAY}").ending == "found"
    assert asker.story(USER, "sleep", entity="night-0").ending == "nothing"


def test_by_any_of_its_names(asker: DataAsker) -> None:
    """The app's id of the user, capitals; a resource by the name that the API has for it."""
    story = asker.story(USER, "sleep", day="2026-11-18")
    assert asker.story(USER.upper(), " sleep\n", day=" 2026-11-18 ") == story
    assert asker.story("patient-0", "sleep", day="2026-11-18").ending == "nothing"
    assert asker.story(USER, "body_weight").sentence.startswith("No delivery of weight of this user is known.")


@pytest.mark.parametrize("user", ["", " ", "\x00", "a\nb", "\ud800", "x" * 257, "x" * 1_000_000, "\x1b[31m"])
def test_what_is_no_user(asker: DataAsker, user: str) -> None:
    """A sentence, without the words that were given."""
    for ask in (asker.story, asker.why):
        with pytest.raises(Misconfigured, match=r"^no user") as refused:
            ask(user, "sleep")
        assert len(str(refused.value)) < 200
        assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "user", ["../../etc/passwd", "nobody", "' OR 1=1 --", "é", "00000000-0000-4000-8000-000000000000"]
)
def test_a_user_that_nobody_knows(asker: DataAsker, user: str) -> None:
    """Any other text may be an app's id of a user: nothing is known of that one."""
    assert asker.story(user, "sleep").ending == "nothing"
    assert asker.why(user, "sleep").ending == "connection"


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        ("slep", "no resource slep is known: did you mean sleep"),
        ("xyzzy", "no resource xyzzy is known"),
        ("", "no resource is called like that"),
        ("Sleep!", "no resource is called like that"),
        ("../sleep", "no resource is called like that"),
        ("s\x00leep", "no resource is called like that"),
        ("s" * 1_000_000, "no resource is called like that"),
    ],
)
def test_what_is_no_resource(asker: DataAsker, resource: str, sentence: str) -> None:
    """A sentence with those that are near."""
    for ask in (asker.story, asker.why):
        with pytest.raises(Misconfigured, match=f"^{sentence}"):
            ask(USER, resource)


@pytest.mark.parametrize("day", ["2026-02-30", "300000-01-01", "2026-11-19", "yesterday", "\x00", "9" * 1_000_000])
def test_what_is_no_day(asker: DataAsker, day: str) -> None:
    """A sentence with the span that there is."""
    for ask in (asker.story, asker.why):
        with pytest.raises(Misconfigured) as refused:
            ask(USER, "sleep", day=day)
        assert str(refused.value).endswith(SPAN)


def test_a_day_before_the_index(asker: DataAsker) -> None:
    """Nobody can tell, and the sentence has the span."""
    story = asker.story(USER, "sleep", day="2026-10-01")
    assert story.ending == "unknown"
    assert SPAN in story.sentence
    assert any(SPAN in one for one in asker.why(USER, "sleep", day="2026-10-01").missing)
    assert asker.story(USER, "sleep", day="0001-01-01").ending == "unknown"


@pytest.mark.parametrize(
    "at", ["3 o'clock", "1795000000", "2026-11-18", "2026-02-30T10:00", "\x00", "9" * 1_000_000, "2026-11-18T12:06:41"]
)
def test_what_is_no_moment(asker: DataAsker, at: str) -> None:
    """A sentence with the span that there is; a moment to come is none."""
    with pytest.raises(Misconfigured) as refused:
        asker.story(USER, "sleep", at=at)
    assert str(refused.value).endswith(SPAN)


def test_an_entity_that_is_none(asker: DataAsker) -> None:
    """Ids of summaries are short, and can be printed."""
    for entity in ("x" * 257, "a\x00b", "\ud800"):
        with pytest.raises(Misconfigured, match="no id of a summary"):
            asker.story(USER, "sleep", entity=entity)


def test_whoever_does_not_answer_is_a_sentence() -> None:
    """Kafka, gateways, Junction away: the rest of the answer, and why the others are missing."""

    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    world = RealWorld()
    with world.asker() as whole:
        index = whole._index
        gone = dict.fromkeys(world.product.originals, NotKnown("Kafka does not answer"))
        asked = DataSources(originals=lambda rows: gone, waiting=away, door=away, junction=away)  # type: ignore[arg-type]  # because they only raise
        asker = DataAsker(index, asked, lambda: NOW_MS)
        story = asker.why(USER, "sleep", ask_junction=True)
        assert story.ending == "nothing_known"
        assert "2026-11-18; 4 causes could not be checked." in story.sentence
        assert story.missing == ("it does not answer.", "it does not answer.")
        past = asker.story(USER, "sleep", day="2026-11-17")
        assert "2026-11-17 in UTC, as the user's clock is not known" in past.sentence
        assert past.missing == ("2 originals could not be read: Kafka does not answer.",)
        asker.close()


class _Broken:
    """An index whose disk is gone."""

    def __getattr__(self, name: str) -> object:
        def fails(*_: object) -> Reach:
            raise Unavailable("the disk of the index is full")

        return fails


def test_with_what_a_command_ends(asker: DataAsker) -> None:
    """0 answered, 1 nothing there, 2 nobody can tell."""
    assert exit_of(asker.story(USER, "sleep")) == ANSWERED
    assert exit_of(asker.story("nobody", "sleep")) == NOT_FOUND
    assert exit_of(asker.story(USER, "sleep", day="2026-10-01")) == CANNOT_TELL
    assert exit_of(asker.why(USER, "sleep")) == ANSWERED  # it is there
    assert exit_of(asker.why("nobody", "sleep")) == ANSWERED  # never connected
    with RealWorld().asker() as absent:
        assert exit_of(absent.why(USER, "sleep")) == CANNOT_TELL  # Junction was not asked
    assert exit_of(Story(ending="nothing_known", sentence="")) == NOT_FOUND


def test_without_an_index_nobody_can_tell() -> None:
    """The ending is `unknown`, and the sentence says why."""
    index: Index = _Broken()  # type: ignore[assignment]  # because each of its answers is an error
    asker = DataAsker(index, DataSources(originals=lambda rows: {}), lambda: NOW_MS)
    for story in (asker.story(USER, "sleep"), asker.why(USER, "sleep")):
        assert story.ending == "unknown"
        assert "the disk of the index is full" in story.sentence
    asker.close()


def test_a_moment_of_a_night(asker: DataAsker) -> None:
    """What covers four o'clock of that night, where the user is; with an offset it is that of the text."""
    story = asker.story(USER, "sleep", at="2026-11-18T04:00")
    assert "around 2026-11-18T03:00:00+00:00" in story.sentence
    assert [step.evidence[0] for step in story.steps if step.kind == "delivery"] == ["msg_came", "msg_corrected"]
    assert asker.story(USER, "sleep", at="2026-11-17T15:00:00Z").ending == "nothing"


def test_an_old_error_of_somebody_whose_other_data_came() -> None:
    """Mended once unseen, and again after the day: rows of other resources say that it worked. Without them it did
    not."""
    long_ago_ms, day = FIRST_MS - 200 * DAY_MS, TODAY - 1
    again = Link(provider="oura", status="connected", since_ms=TODAY_MS + HOUR_MS, error_ms=long_ago_ms, last_data_ms=0)
    today = row(TODAY, owner_id=USER, resource="steps", event_type="daily.data.steps.created")
    steps = row(day, owner_id=USER, resource="steps", event_type="daily.data.steps.created")
    for other, ending in ((steps, "nothing_known"), (replace(steps, provider="garmin"), "connection")):
        with temporary_index() as index:
            index.writer.put_link(USER, "oura", again)
            index.writer.add((other, today))
            index.writer.commit()
            index.reached = Reach(first_ms=FIRST_MS, as_of_ms=NOW_MS, behind_s=0.0)
            asker = DataAsker(index, DataSources(originals=lambda rows: {}), lambda: NOW_MS)
            assert asker.why(USER, "sleep", day=day_text(day)).ending == ending
            asker.close()
