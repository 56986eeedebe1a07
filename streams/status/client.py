"""`status USER`: what a worker's tables say about one user, as tables for people or JSON for machines."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from streams.events import ids
from streams.ops import addresses, terminal, unpacking
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.ops.terminal import Rows, line

ANSWER_S = 10.0
BUSY = frozenset({429, 502, 503, 504})
VIEW_BYTES_MAX = 16 * 1024 * 1024
NUMBERS = frozenset({"fetched", "rows", "new", "known", "age", "days with data", "resources"})
Json = dict[str, Any]


class Strange(Unavailable):
    """A worker answers, and not as it should: this user's matter, while others may be answered."""


class Views:
    """Asks workers for views of users, over one client. `close` it."""

    def __init__(self, settings: Settings) -> None:
        """Raises Misconfigured where no worker is named."""
        if not (settings.query_url or settings.query_port):
            raise Misconfigured(
                "no worker to ask: give the workers a STREAMS_QUERY_PORT each, and set one of their addresses here, "
                "as STREAMS_QUERY_URL (http://127.0.0.1:8070) or by the same STREAMS_QUERY_PORT"
            )
        token = settings.query_token.get_secret_value()
        self._base, self._shown = settings.query_address.rstrip("/"), addresses.shown(settings.query_address)
        self._client = httpx.AsyncClient(
            headers={"accept-encoding": unpacking.ACCEPT} | ({"authorization": f"Bearer {token}"} if token else {}),
            timeout=ANSWER_S,
            trust_env=False,  # a proxy would read along who is connected to what, and the token
        )

    async def of(self, user_id: str) -> Json:
        """The view of a user, from whichever worker owns it. Raises Misconfigured, Unavailable; ValueError: no id."""
        url = f"{self._base}/users/{addresses.segment(ids.canonical(user_id))}"
        try:
            async with self._client.stream("GET", url) as answer:
                body = await unpacking.read(answer, VIEW_BYTES_MAX)
        except (httpx.HTTPError, unpacking.NotWhole, unpacking.TooLarge) as error:
            raise Unavailable(f"no worker answers at {self._shown} ({type(error).__name__})") from None
        return _view(answer.status_code, body, self._shown)

    async def close(self) -> None:
        await self._client.aclose()


def ask(settings: Settings, user_id: str) -> Json:
    """The view of one user. Raises Misconfigured or Unavailable."""

    async def asked() -> Json:
        async with open_views(settings) as views:
            return await views.of(user_id)

    try:
        return asyncio.run(asked())
    except ValueError:
        raise Misconfigured("not a user id: empty, too long, or nothing but dots") from None


@asynccontextmanager
async def open_views(settings: Settings) -> AsyncIterator[Views]:
    """Views, closed at the end. Raises Misconfigured."""
    views = Views(settings)
    try:
        yield views
    finally:
        await views.close()


def _view(status: int, body: bytes, where: str) -> Json:
    if status == 401:
        raise Misconfigured("the worker wants a token: set STREAMS_QUERY_TOKEN as the workers have it")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if status != 200:
        kind = Unavailable if status in BUSY else Strange
        raise kind(f"the worker at {where} says: {_sentence(said, status)}", 2)
    if type(said) is not dict or "connections" not in said:
        raise Strange(f"what answers at {where} is no worker: check STREAMS_QUERY_URL", 2)
    return said


def _sentence(said: Any, status: int) -> str:
    error = said.get("error") if type(said) is dict else None
    return error if type(error) is str else f"HTTP {status}"


def show(view: Json, *, as_json: bool) -> None:
    """Print it."""
    if as_json:
        terminal.machine(view)
        return
    console = terminal.console()
    is_known = view["connections"] or view["resources"] or view["backfills"]
    where = f"partition {view['partition']}, worker {view['worker']}, as of {_short(view['as_of'])}; times are UTC"
    console.print(line((view["user_id"], "bold"), f"  {where}"), soft_wrap=True)
    if not is_known:
        terminal.say("Nothing is known of this user: no event of it has come, or the id is another one.")
        return
    for rows in (_connections(view), _backfills(view), _resources(view)):
        if len(rows):
            console.print(rows)
    if view["awaited"]:
        names = ", ".join(f"{row['provider']} {row['resource']}" for row in view["awaited"])
        terminal.say(f"Junction has not announced the history of: {names}")


def _table(title: str, *columns: str) -> Rows:
    return Rows(*columns, title=title, right=NUMBERS, once="provider")


def _sorted(rows: list[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: (row["provider"], row["resource"]))


def _connections(view: Json) -> Rows:
    table = _table("Connections", "provider", "status", "since", "last data", "resources")
    for row in view["connections"]:
        status = f"{row['status']} ({row['error_type']})" if row["status"] == "error" else row["status"]
        table.add(
            row["provider"], status, _short(row["since"]), _short(row["last_data_at"]),
            str(len(row["resources_available"])),
        )  # fmt: skip
    return table


def _backfills(view: Json) -> Rows:
    is_waiting = any(row["next_try_at"] for row in view["backfills"])
    more = ("next try",) if is_waiting else ()
    columns = ("provider", "resource", "status", "fetched", "rows", "new", "known", "data from", "to", *more)
    table = _table("History", *columns)
    for row in _sorted(view["backfills"]):
        status = f"{row['status']} ({row['reason']})" if row["reason"] else row["status"]
        known = row["rows_same"] + row["rows_changed"] + row["rows_other"]
        table.add(
            row["provider"], row["resource"], status, f"{row['share']:.0%}", f"{row['rows']:,}",
            f"{row['rows_new']:,}", f"{known:,}", _day(row["first_data_at"]), _day(row["last_data_at"]),
            *((_short(row["next_try_at"]),) if is_waiting else ()),
        )  # fmt: skip
    return table


def _resources(view: Json) -> Rows:
    table = _table("Freshness", "provider", "resource", "newest data", "age", "last delivery", "days with data")
    for row in _sorted(view["resources"]):
        table.add(
            row["provider"], row["resource"], _short(row["newest_data_at"]), _age(row["age_s"]),
            _short(row["last_delivery_at"]), str(row["days_with_data"]),
        )  # fmt: skip
    return table


def _short(time: str | None) -> str:
    return "" if time is None else time[:16].replace("T", " ")


def _day(time: str | None) -> str:
    return "" if time is None else time[:10]


def _age(seconds: int) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
