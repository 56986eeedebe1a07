"""The same worlds from the simulator's bodies, the product's folds and a real index: the right sentence each time."""

import json
from collections.abc import Callable

import pytest

from streams.events.times import HOUR_MS
from streams.lineage.telling import Story
from streams.lineage.why.facts import DoorNews, JunctionSays, QuietSpan, RefusalSeen, WaitingLook, WaitingRecord
from streams.lineage.why.judge import CAUSES, HERE, NOTHING_KNOWN
from tests.lineage.why.real_worlds import NOW_MS, PROVIDER, TODAY, TODAY_MS, USER, RealWorld, night

MORNING_MS = TODAY_MS + 7 * HOUR_MS


def error(world: RealWorld) -> None:
    world.connection(error_type="token_refresh_failed", message="x")


def not_permitted(world: RealWorld) -> None:
    world.connection(resource_availability={"sleep": {"status": "unavailable"}, "activity": {"status": "available"}})


def history(world: RealWorld) -> None:
    span = {"start_date": "2026-08-01T00:00:00+00:00", "end_date": "2026-11-18T12:00:00+00:00"}
    told = {"user_id": USER, "provider": PROVIDER, **span}
    world.deliver("historical.data.sleep.created", told, id="msg_notice", at_ms=MORNING_MS)


def waiting(world: RealWorld) -> None:
    world.waiting = WaitingLook((WaitingRecord("raw.summaries 3:77", "msg_waits", MORNING_MS),), behind=5)


def dead(world: RealWorld) -> None:
    world.deliver("daily.data.sleep.created", "no object", id="msg_dead", at_ms=MORNING_MS)


def refused(world: RealWorld) -> None:
    refusal = RefusalSeen(MORNING_MS, "http://gateway:9100", "unavailable", 503, "msg_refused", True)
    world.door = DoorNews((refusal,))


def away(world: RealWorld) -> None:
    world.door = DoorNews(quiet=(QuietSpan(TODAY_MS, MORNING_MS, False),))


def stale(world: RealWorld) -> None:
    """The newest version says that the night was another day's; then the older one comes, late."""
    moved = {**night(TODAY - 1, 70), "updated_at": "2026-11-17T20:00:00Z", "id": f"night-{TODAY}"}
    world.deliver("daily.data.sleep.updated", moved, id="msg_moved", at_ms=TODAY_MS - 3 * HOUR_MS)
    world.night(TODAY, 70, id="msg_stale", at_ms=MORNING_MS, updated_at="2026-11-17T19:00:00Z")


def late(world: RealWorld) -> None:
    for days_ago in range(1, 8):
        world.fleet(TODAY - days_ago, range(25))
    world.fleet(TODAY, range(6))


def other_days(world: RealWorld) -> None:
    changed = {**night(TODAY - 1, 99), "updated_at": "2026-11-18T06:00:00Z"}
    world.deliver("daily.data.sleep.updated", changed, id="msg_other", at_ms=MORNING_MS)


def junction_has_none(world: RealWorld) -> None:
    world.junction = JunctionSays(0)


def nothing(world: RealWorld) -> None:
    pass


Change = Callable[[RealWorld], None]
WORLDS: list[tuple[str, Change, str]] = [
    ("connection", error, "The connection to oura is in error since 2026-11-18 00:00:00 UTC (token_refresh_failed)"),
    ("not_available", not_permitted, "sleep is not available at oura"),
    ("history", history, "The history of sleep at oura that has this day is under way (notified, 0% of it fetched)."),
    ("waiting", waiting, "1 delivery of sleep of this user waits for a worker"),
    ("dead_letter", dead, "1 delivery of sleep of this user became a dead letter at that time"),
    ("door", refused, "Gateways refused 1 signed delivery at that time (unavailable)"),
    ("door", away, "No gateway took any delivery from 2026-11-18 00:00:00 UTC to 2026-11-18 07:00:00 UTC (7 h)"),
    ("stale", stale, "It came at 2026-11-18 07:00:00 UTC and was STALE"),
    ("provider_late", late, "oura is late with sleep for everybody"),
    ("other_data", other_days, "1 delivery of sleep came, and all of other days: the newest of 2026-11-17"),
    ("junction_has_none", junction_has_none, "Junction, asked now, says that it has no sleep of 2026-11-18 either."),
    (NOTHING_KNOWN, nothing, "Nothing that is known here explains why there is no sleep of 2026-11-18"),
]


def asked(*changes: Change) -> Story:
    world = RealWorld()
    for change in changes:
        change(world)
    with world.asker() as asker:
        return asker.why(USER, "sleep", day="last-night", ask_junction=True)


def holding(story: Story) -> list[str]:
    return [step.kind for step in story.steps if step.facts["holds"] == "true"]


@pytest.mark.parametrize(("kind", "change", "sentence"), WORLDS, ids=[change.__name__ for _, change, _ in WORLDS])
def test_one_cause(kind: str, change: Change, sentence: str) -> None:
    """The one thing that went wrong is the answer, and nothing else holds."""
    story = asked(change)
    assert story.ending == kind
    assert sentence in story.sentence
    assert holding(story) == [kind]
    assert story.missing == ()


def test_every_cause_has_a_world() -> None:
    """All of them, in their order."""
    assert list(dict.fromkeys(kind for kind, _, _ in WORLDS)) == [*(kind for kind, _ in CAUSES), NOTHING_KNOWN]


@pytest.mark.parametrize(
    ("first", "second"), [((dead, "dead_letter"), (error, "connection")), ((late, "provider_late"), (stale, "stale"))]
)
def test_two_causes(first: tuple[Change, str], second: tuple[Change, str]) -> None:
    """The earlier one in the order is the answer, however they happened; the other holds below."""
    story = asked(first[0], second[0])
    assert story.ending == second[1]
    assert holding(story) == [second[1], first[1]]


def test_it_came() -> None:
    """Then that is the answer, whatever else is wrong."""

    def came(world: RealWorld) -> None:
        world.night(TODAY, 80, id="msg_came", at_ms=MORNING_MS)

    story = asked(came, error)
    assert story.ending == HERE
    assert (
        "1 delivery brought sleep of 2026-11-18 from oura, the newest at 2026-11-18 07:00:00 UTC (NEW)"
        in story.sentence
    )


def test_no_value_is_shown() -> None:
    """A marker in every value of deliveries that came, died and were stale: none is in the answer."""
    mark, number = "plantedmarker", 8_675_309

    def marked(world: RealWorld) -> None:
        told = {**night(TODAY, number), "id": "night-1", "name": mark, mark.upper(): {mark: [number]}}
        world.deliver("daily.data.sleep.created", told, id="msg_came", at_ms=MORNING_MS)
        world.deliver("daily.data.sleep.created", f"{mark} {number}", id="msg_dead", at_ms=MORNING_MS)
        world.connection(error_type="token_refresh_failed", message=mark, error_details=mark)

    said = json.dumps(asked(marked, stale, late).as_json()).lower()
    assert len(said) > 2000
    assert mark not in said
    assert str(number) not in said


def test_by_the_id_that_the_app_gave() -> None:
    """A client user id is as good as a user id; so is a user id in capitals."""
    world = RealWorld()
    error(world)
    with world.asker() as asker:
        by_user = asker.why(USER, "sleep", day="last-night")
        assert asker.why("patient-1", "sleep", day="last-night") == by_user
        assert asker.why(f" {USER.upper()} ", "sleep", day="last-night") == by_user
        assert asker.why("patient-2", "sleep").ending == "connection"  # nobody knows that one


def test_without_a_day_it_is_last_night_where_the_user_is() -> None:
    """In Madrid it is the same day; what is not asked is not known."""
    with RealWorld().asker() as asker:
        story = asker.why(USER, "sleep")
    assert story.ending == NOTHING_KNOWN
    assert "no sleep of 2026-11-18; 2 causes could not be checked." in story.sentence
    assert NOW_MS > TODAY_MS
