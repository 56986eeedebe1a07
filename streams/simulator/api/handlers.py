"""What each endpoint answers: a function from a request to the bytes of its answer. Raises Missing or Invalid."""

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from starlette.requests import Request

from streams.events import Kind, Resource, resources
from streams.simulator.api import answers, data, queries
from streams.simulator.api.options import ApiOptions, Fault
from streams.simulator.api.paging import Place, cursor_of, place_of
from streams.simulator.calendar import iso
from streams.simulator.people.links import Link
from streams.simulator.people.physiology import Span
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise
from streams.simulator.world.inventory import Inventory
from streams.simulator.world.notices import fate
from streams.simulator.world.workout_streams import track, workouts_of
from streams.simulator.world.world import Generation, World

_HOLDINGS_MAX = 1024  # people whose events are kept read; about a megabyte each for a week
_DATES_ONLY = ("sleep_cycle", "menstrual_cycle", "electrocardiogram")
_ROWS = [row for row in resources.RESOURCES.values() if not row.legacy]
_SERIES = {row.api_name: row for row in _ROWS if row.kind is Kind.TIMESERIES}
_SUMMARIES = {row.name: row for row in _ROWS if row.kind is Kind.SUMMARY and row.name != "workout_stream"}


class Missing(Exception):
    """404."""


class Asked(NamedTuple):
    """A request that is let in. `question`: path and parameters. `fault`: one that is made while answering."""

    request: Request
    question: str
    fault: Fault | None = None


class Handlers:
    """The endpoints, over one world."""

    def __init__(self, world: World, options: ApiOptions, clock: Callable[[], float]) -> None:
        self.world, self.options, self._clock = world, options, clock
        self._people = {person.user_id: person for person in world.people}
        self._by_own_id = {person.client_user_id: person for person in self._people.values()}
        self._first_asked: dict[tuple[str, str, str], float] = {}
        self._holdings = lru_cache(_HOLDINGS_MAX)(lambda user_id: Inventory(world, self._people[user_id]))

    # Data

    def summary(self, asked: Asked) -> bytes:
        held, row = self._held(asked), _SUMMARIES.get(asked.request.path_params["resource"])
        if row is None:
            raise Missing
        if row.name == "profile":
            return self._profile(asked, held)
        query: Any = queries.query(queries.Dates if row.name in _DATES_ONLY else queries.Times, asked.request)
        start, end = query.span(self._now)
        found = held.summaries(row.name, start[:10], end[:10], query.provider)
        if self._is_early(held.person, row, query.provider):
            found = []
        return data.summaries(row, found, self._older(held.person, asked))

    def _profile(self, asked: Asked, held: Inventory) -> bytes:
        found = held.profile(queries.query(queries.ByProvider, asked.request).provider)
        if found is None:
            raise Missing
        older = self._older(held.person, asked)
        return data.encode(data.older_object("profile", found, older) if older else found)

    def timeseries(self, asked: Asked) -> bytes:
        held, row = self._held(asked), _SERIES.get(asked.request.path_params["api_name"])
        if row is None:
            raise Missing
        query = queries.query(queries.Times, asked.request)
        start, end = query.span(self._now)
        question = "|".join((held.person.user_id, row.name, start, end, query.provider))
        place = place_of(query.next_cursor or query.cursor, question)
        rows = held.samples(row.name, start, end, query.provider)
        if self._is_early(held.person, row, query.provider):
            rows = []
        older = self._older(held.person, asked)
        return data.page(rows, place, self.options.page_size, question, asked.fault, older)

    def workout_stream(self, asked: Asked) -> bytes:
        queries.path(queries.WorkoutPath, asked.request)
        found = self._workouts.get(asked.request.path_params["workout_id"].lower())
        if found is None:
            raise Missing
        return data.encode(track(*found))

    # People

    def users(self, asked: Asked) -> bytes:
        query = queries.query(queries.OffsetPage, asked.request)
        people = list(self._people.values())
        chosen = [answers.user(self.world, one) for one in people[query.offset : query.offset + query.limit]]
        return data.encode({"users": chosen, "total": len(people), "offset": query.offset, "limit": query.limit})

    def user(self, asked: Asked) -> bytes:
        return data.encode(answers.user(self.world, self._person(asked)))

    def resolve(self, asked: Asked) -> bytes:
        person = self._by_own_id.get(asked.request.path_params["client_user_id"])
        if person is None:
            raise Missing
        return data.encode(answers.user(self.world, person))

    def user_providers(self, asked: Asked) -> bytes:
        return data.encode(answers.user_providers(self.world, self._person(asked)))

    def devices(self, asked: Asked) -> bytes:
        return data.encode(answers.devices(self._person(asked)))

    def providers(self, asked: Asked) -> bytes:
        return data.encode(answers.providers())

    # Introspection

    def historical_pulls(self, asked: Asked) -> bytes:
        return self._listing(asked, lambda person, provider: answers.pulls(self.world, person, provider))

    def ingestions(self, asked: Asked) -> bytes:
        return self._listing(
            asked, lambda person, provider: answers.ingestion(self._holdings(person.user_id), provider)
        )

    def _listing(self, asked: Asked, entry: Callable[[Person, str | None], Any]) -> bytes:
        """A page of users. Those without a connection to the provider are left out, so that a page may be empty."""
        query = queries.query(queries.Introspection, asked.request)
        people = [one for one in self._people.values() if query.user_id in (None, one.uuid)]
        question = f"{asked.request.url.path}|{query.user_id}|{query.provider}|{query.user_limit}"
        place = place_of(query.next_cursor or query.cursor, question)
        end = place.offset + query.user_limit
        entries = [entry(one, query.provider) for one in people[place.offset : end]]
        cursor = cursor_of(Place(end), question) if end < len(people) else None
        return data.encode({"data": [one for one in entries if one["provider"]], "next_cursor": cursor, "next": cursor})

    # What they share

    @property
    def _now(self) -> str:
        return iso(self.world.end_ms)[:19]

    def _person(self, asked: Asked) -> Person:
        user_id = queries.path(queries.UserPath, asked.request).user_id
        if str(user_id) not in self._people:
            raise Missing
        return self._people[str(user_id)]

    def _held(self, asked: Asked) -> Inventory:
        return self._holdings(self._person(asked).user_id)

    @cached_property
    def _workouts(self) -> dict[str, tuple[Person, Link, Span]]:
        people = self._people.values()
        return {id: (person, link, span) for person in people for id, link, span in workouts_of(self.world, person)}

    def _older(self, person: Person, asked: Asked) -> Person | None:
        """The person where the answer has the shape of before September 2026."""
        is_mixed = self.options.generation is Generation.MIXED
        is_old = self.options.generation is Generation.OLD or (
            is_mixed and noise(person.key, key_of(asked.question) >> 32) < 0.5
        )
        return person if is_old else None

    def _is_early(self, person: Person, row: Resource, provider: str) -> bool:
        """Whether the data of a provider whose notice was early have not come yet: for a while after the first
        question (5.3)."""
        link = next((link for link in person.links if link.provider.slug == provider), None)
        if link is None or row.name not in link.resources:
            return False
        if not fate(self.world.notices, person, link, row.name).is_early:
            return False
        now_s = self._clock()
        first_s = self._first_asked.setdefault((person.user_id, provider, row.name), now_s)
        return now_s - first_s < self.options.early_for_s
