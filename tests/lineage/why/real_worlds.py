"""A made-up Junction's world, as the product processed it: one user's nights by one ring, but for the last one."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from streams.events import parse_type
from streams.events.times import DAY_MS, HOUR_MS, MINUTE_MS, rfc3339
from streams.lineage.data.days import LocalDay
from streams.lineage.data_asker import DataAsker, DataSources
from streams.lineage.index.temporary import temporary_index
from streams.lineage.known import Reach
from streams.lineage.row import LineageRow
from streams.lineage.why.facts import DoorNews, JunctionSays, WaitingLook
from tests.lineage.beside import fill
from tests.lineage.product import Product
from tests.simulator.worlds import END_MS, world

NOW_MS = END_MS - END_MS % 1000  # 18 November 2026, 11:06:40 UTC
TODAY_MS = NOW_MS - NOW_MS % DAY_MS
FIRST_MS = TODAY_MS - 12 * DAY_MS
MADRID = next(world().people)  # lives there, and has a ring alone
USER, PROVIDER = MADRID.user_id, "oura"
TODAY = TODAY_MS // DAY_MS


@cache
def _base() -> tuple[Product, list[LineageRow]]:
    """(all but the nights of today, the rows of these nights)."""
    product, whole = Product(), Product()
    for event in world(users=4, days=10).events():
        if event.user_id != USER or parse_type(event.event_type).resource not in ("connection", "sleep"):
            continue
        row = whole.deliver(event.body, event.delivery_id, event.created_at_ms + 2000)
        if row.first_day != TODAY or row.resource != "sleep":
            product.deliver(event.body, event.delivery_id, event.created_at_ms + 2000)
    return product, [row for row in whole.rows if row.resource == "sleep" and row.first_day == TODAY]


@dataclass
class RealWorld:
    """The base, to which a test does what went wrong."""

    product: Product = field(default_factory=lambda: copied(_base()[0]))
    waiting: WaitingLook = WaitingLook()  # noqa: RUF009  # because it is a tuple that cannot change
    door: DoorNews = DoorNews()  # noqa: RUF009  # because of the same
    junction: JunctionSays = JunctionSays(1, (PROVIDER,))  # noqa: RUF009  # because of the same

    def deliver(self, event_type: str, data: Any, *, id: str, at_ms: int, user_id: str = USER) -> LineageRow:
        """An event of today's generation."""
        body = {
            "event_type": event_type,
            "user_id": user_id,
            "client_user_id": "patient-1",
            "team_id": "t",
            "data": data,
        }
        return self.product.deliver(json.dumps(body).encode(), id, at_ms)

    def night(self, day: int, score: int, *, id: str, at_ms: int, user_id: str = USER, **more: Any) -> LineageRow:
        """A night of the ring that ended on that day."""
        return self.deliver(
            "daily.data.sleep.created", {**night(day, score), **more}, id=id, at_ms=at_ms, user_id=user_id
        )

    def connection(self, **data: Any) -> None:
        """News of the connection to the ring's provider."""
        kind = "error" if "error_type" in data else "created"
        provider = PROVIDER if kind == "error" else {"name": "Oura", "slug": PROVIDER, "logo": "x"}
        told = {"user_id": USER, "provider": provider, **data}
        self.deliver(f"provider.connection.{kind}", told, id=f"msg_{kind}", at_ms=TODAY_MS)

    def fleet(self, day: int, users: range) -> None:
        """Nights of other people that came in the last three hours before now, on that day."""
        for number in users:
            at_ms = day * DAY_MS + 8 * HOUR_MS + number * 6 * MINUTE_MS
            self.night(day, 70, id=f"msg_{day}_{number}", at_ms=at_ms, user_id=f"00000000-0000-4000-8000-{number:012}")

    @contextmanager
    def asker(self) -> Iterator[DataAsker]:
        """Over a real index of all rows."""
        with temporary_index() as index:
            fill(index, self.product)
            index.reached = Reach(first_ms=FIRST_MS, as_of_ms=NOW_MS, behind_s=0.0)
            asker = DataAsker(index, self._asked(), lambda: NOW_MS)
            yield asker
            asker.close()

    def _asked(self) -> DataSources:
        def junction(user_id: str, resource: str, day: LocalDay | None) -> JunctionSays:
            return self.junction

        return DataSources(
            originals=lambda rows: self.product.originals,
            waiting=lambda user_id, resource: self.waiting,
            door=lambda from_ms, until_ms: self.door,
            junction=junction,
        )


def copied(product: Product) -> Product:
    """One that goes on by itself."""
    made = Product()
    made.rows, made.emits, made.originals = list(product.rows), list(product.emits), dict(product.originals)
    made.tables = copy.deepcopy(product.tables)
    return made


def night(day: int, score: int) -> dict[str, Any]:
    """The summary of a night that ended on that day (since 1970), Madrid's time."""
    ended = _iso(day * DAY_MS + 5 * HOUR_MS)
    return {
        "id": f"night-{day}", "score": score, "bedtime_start": _iso(day * DAY_MS - 2 * HOUR_MS), "bedtime_stop": ended,
        "calendar_date": ended[:10], "timezone_offset": 3600, "updated_at": ended,
        "source": {"provider": PROVIDER, "type": "ring"},
    }  # fmt: skip


def _iso(ms: int) -> str:
    return rfc3339(ms)
