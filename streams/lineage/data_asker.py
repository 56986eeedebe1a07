"""Everything that can be found out about a user's data, gathered from index, Kafka, gateways and Junction's API."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from streams.events import Shape, resources
from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.data.asked import entity_asked, resource_asked, unknown_resource, user_asked
from streams.lineage.data.clocks import clock_of
from streams.lineage.data.days import LAST_NIGHT, LocalDay, UserClock, day_asked, moment_asked
from streams.lineage.data.originals import Originals, read_all
from streams.lineage.data.question import DataQuestion
from streams.lineage.data.story_of_data import UNKNOWN, story_of_data
from streams.lineage.data.touching import in_order, is_data
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.known import Index, Reach
from streams.lineage.row import LineageRow
from streams.lineage.telling import Story
from streams.lineage.why import lateness
from streams.lineage.why.facts import DoorNews, JunctionSays, WaitingLook, WhyFacts
from streams.lineage.why.judge import judged
from streams.lineage.why.links import is_mended_later, newest_made
from streams.ops.errors import StreamsError, Unavailable

ReadOriginals = Callable[[Sequence[LineageRow]], Originals]  # never raises: what cannot be read is NotKnown
WaitingOf = Callable[[str, str], WaitingLook]  # of a user and resource; may raise Unavailable, Misconfigured
DoorBetween = Callable[[int, int], DoorNews]  # in [from, until), Unix ms; may raise Unavailable, Misconfigured
AskJunction = Callable[[str, str, LocalDay | None], JunctionSays]  # may raise Unavailable, Misconfigured

Answer = TypeVar("Answer")
CLOCK_ROWS = 3  # of the newest, whose originals are asked for the user's clock
CLOCK_RESOURCES = ("sleep", "activity", "workouts")  # where the resource itself does not say
AHEAD_MS = HOUR_MS  # a worker's clock may be ahead of ours
NO_GATEWAYS = NotKnown("no gateway is named, set STREAMS_CONSOLE_GATEWAYS")
NO_KAFKA = NotKnown("nobody asked Kafka")
NO_KEY = NotKnown("there is no key of Junction's API to ask it with")
NOT_ASKED = NotKnown("Junction was not asked (--ask-junction)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSources:
    """Whom the asker asks beside the index; None where nobody can be."""

    originals: ReadOriginals
    waiting: WaitingOf | None = None
    door: DoorBetween | None = None
    junction: AskJunction | None = None


class DataAsker:
    """Safe to be used by several threads. `close` it."""

    def __init__(
        self, index: Index, asked: DataSources, now_ms: Callable[[], int] = lambda: int(time.time() * 1000)
    ) -> None:
        self._index, self._asked, self._now_ms = index, asked, now_ms
        self._pool = ThreadPoolExecutor(6, thread_name_prefix="data")

    def close(self) -> None:
        """Waits for stories under way."""
        self._pool.shutdown(wait=True)

    def story(
        self, user: str, resource: str, *, day: str = "", entity: str = "", at: str = "",
        show_values: bool = False,
    ) -> Story:  # fmt: skip
        """All deliveries that touched a user's resource. `user`: its id, or the one that the app gave it.

        `day`: 2026-11-28 or last-night; `entity`: one summary; `at`: a moment, 2026-11-28T03:10:00Z, in the user's
        clock without an offset. Raises Misconfigured for what is no user, resource, day or moment; whoever does not
        answer is a sentence in the story.
        """
        now_ms, entity = self._now_ms(), entity_asked(entity)
        try:
            user_id, name, rows, reach = self._found(user, resource, now_ms)
        except Unavailable as error:
            return _no_index(error)
        clock = self._clock(user_id, rows) if day or at else UserClock()
        on = day_asked(day, clock, now_ms, reach) if day else None
        at_ms = moment_asked(at, clock, now_ms, reach) if at else None
        question = DataQuestion(
            user_id=user_id, resource=name, day=on, entity=entity, at_ms=at_ms, show_values=show_values
        )
        originals = self._asked.originals(question.wanted(question.folded(rows, question.answer(rows))))
        return story_of_data(question, rows, originals, reach)

    def why(self, user: str, resource: str, *, day: str = "", ask_junction: bool = False) -> Story:
        """Why a user's resource is not there; or that it is. Without a day: that of last night.

        Raises as `story` does.
        """
        now_ms = self._now_ms()
        try:
            user_id, name, rows, reach = self._found(user, resource, now_ms)
            on = self._day(day, name, user_id, rows, now_ms, reach)
            facts = self._known(WhyFacts(user_id=user_id, resource=name, day=on, now_ms=now_ms, reach=reach, rows=rows))
        except Unavailable as error:
            return _no_index(error)
        return judged(self._answered(facts, ask_junction=ask_junction))

    def _found(self, user: str, resource: str, now_ms: int) -> tuple[str, str, tuple[LineageRow, ...], Reach]:
        """(user id, name of the resource, its rows, how far the index reaches)."""
        given, name = user_asked(user), resource_asked(resource)
        reach = self._index.reach()  # first: rows that are read later are no fewer than it says
        user_id = self._user_id(given, user.strip())
        rows = self._rows(user_id, name, now_ms)
        if not rows and (unknown := unknown_resource(name)):
            raise unknown
        return user_id, name, rows, reach

    def _user_id(self, given: str, as_written: str) -> str:
        """An app may call a user what Junction calls another: then Junction's word counts."""
        if self._index.links(given) or self._index.histories(given):
            return given
        return self._index.user_of(as_written) or self._index.user_of(given) or given

    def _rows(self, user_id: str, resource: str, now_ms: int) -> tuple[LineageRow, ...]:
        return in_order(self._index.touching(user_id, resource, 0, now_ms + AHEAD_MS))

    def _clock(self, user_id: str, rows: Sequence[LineageRow]) -> UserClock:
        """By the newest originals of the resource, or of others that usually say it."""
        clock = self._told_clock(rows)
        for resource in CLOCK_RESOURCES:
            if clock.is_known:
                return clock
            clock = self._told_clock(self._rows(user_id, resource, self._now_ms()))
        return clock

    def _told_clock(self, rows: Sequence[LineageRow]) -> UserClock:
        newest = [row for row in rows if is_data(row) and row.first_day][-CLOCK_ROWS:]
        return clock_of(read_all(newest, self._asked.originals(newest))) if newest else UserClock()

    def _day(
        self, day: str, resource: str, user_id: str, rows: Sequence[LineageRow], now_ms: int, reach: Reach
    ) -> LocalDay | None:
        row = resources.get(resource)
        if not day and (row is None or row.shape is Shape.SINGLE):
            return None
        return day_asked(day or LAST_NIGHT, self._clock(user_id, rows), now_ms, reach)

    def _known(self, facts: WhyFacts) -> WhyFacts:
        """With what the index knows beside the rows."""
        user_id, index = facts.user_id, self._index
        facts = replace(
            facts,
            connection_rows=self._rows(user_id, "connection", facts.now_ms),
            links=tuple(index.links(user_id)),
            histories=tuple(index.histories(user_id)),
            letters=tuple(index.letters(user_id, facts.resource)),
        )
        since_ms, until_ms = facts.from_ms - (lateness.DAYS + 1) * DAY_MS, facts.now_ms + AHEAD_MS
        providers = sorted(facts.missed.providers)
        return replace(
            facts,
            brought=self._brought(facts),
            hours={one: tuple(index.hours(one, facts.resource, since_ms, until_ms)) for one in providers},
        )

    def _brought(self, facts: WhyFacts) -> dict[str, int]:
        """Asked only of connections of which that says whether they were mended; of the last day first, as of what
        works something comes each day."""
        end_ms, found = facts.end_ms, dict[str, int]()
        errors = {one.provider: one.error_ms for one in facts.links if is_mended_later(one, end_ms)}
        for since_ms in (max(end_ms - DAY_MS, min(errors.values())), min(errors.values())) if errors else ():
            found = newest_made(self._index.touching(facts.user_id, "", since_ms, end_ms))
            if all(found.get(provider, 0) > error_ms for provider, error_ms in errors.items()):
                break
        return found

    def _answered(self, facts: WhyFacts, *, ask_junction: bool) -> WhyFacts:
        """With the answers of everybody else, who are asked at once."""
        asked, user_id, resource = self._asked, facts.user_id, facts.resource
        waiting, door, junction = asked.waiting, asked.door, asked.junction if ask_junction else None
        waits = self._pool.submit(waiting, user_id, resource) if waiting else None
        news = self._pool.submit(door, facts.from_ms, facts.until_ms) if door else None
        says = self._pool.submit(junction, user_id, resource, facts.day) if junction else None
        look, came = _answer(waits, NO_KAFKA), _answer(news, NO_GATEWAYS)
        said = _answer(says, NO_KEY if ask_junction else NOT_ASKED)
        return replace(facts, waiting=look, door=came, junction=said)


def _answer(question: Future[Answer] | None, otherwise: NotKnown) -> Answer | NotKnown:
    if question is None:
        return otherwise
    try:
        return question.result()
    except StreamsError as error:
        return NotKnown(str(error))


def _no_index(error: Unavailable) -> Story:
    return Story(ending=UNKNOWN, sentence=f"The index of lineage does not answer: {error}.")
