"""Asks the process that keeps the index. Its answers are stories, as if they had been made here."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NoReturn, TypeVar
from urllib.parse import quote

import msgspec

from streams.lineage.delivery.delivery_ids import delivery_id
from streams.lineage.known import Reach
from streams.lineage.serving.questions import DataQuery, WhyQuery, parameters
from streams.lineage.telling import Story
from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.status.asking import NoAnswer, get, open_client

ANSWER_S = 60.0  # where Kafka is away, each part of an answer waits for it
ANSWER_BYTES_MAX = 64 * 1024 * 1024
TOKEN_WANTED = (401, 403, 421)

Form = TypeVar("Form")


class NoConsole(Unavailable):
    """Nobody listens at the console's address, or somebody else does: what is asked may be read from Kafka."""


class ConsoleClient:
    """Asks over one client. `close` it.

    All raise Misconfigured for words that ask nothing and where a token is wanted, NoConsole, Unavailable.
    """

    def __init__(self, settings: Settings) -> None:
        self._base = settings.console_address.rstrip("/")
        self.shown = addresses.shown(self._base)
        self._client = open_client(settings)

    async def delivery(self, id: str, *, show_values: bool = False) -> Story:
        """What became of a delivery."""
        path = quote(delivery_id(id).text, safe="")
        return await self._ask(f"/deliveries/{path}", Story, {"show_values": "1"} if show_values else {})

    async def data(self, query: DataQuery) -> Story:
        """What came of a user's data."""
        return await self._ask("/story", Story, parameters(query))

    async def why(self, query: WhyQuery) -> Story:
        """Why something is not there."""
        return await self._ask("/why", Story, parameters(query))

    async def reach(self) -> Reach:
        """How far its index reaches."""
        return await self._ask("/reach", Reach, {})

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, path: str, form: type[Form], query: Mapping[str, str]) -> Form:
        try:
            status, body = await get(
                self._client, f"{self._base}{path}", ANSWER_BYTES_MAX, query, answer_s=ANSWER_S
            )  # fmt: skip
        except NoAnswer as why:
            self._away(why)
        if status in TOKEN_WANTED:
            raise Misconfigured(
                f"the console at {self.shown} wants a token: set STREAMS_QUERY_TOKEN as it has it, or ask it by "
                "127.0.0.1 where it has none"
            )
        sentence = _error(body) if status != 200 else ""
        if status == 400 and sentence:
            raise Misconfigured(sentence)
        if status >= 500 and sentence:
            raise Unavailable(f"the console at {self.shown} says: {sentence}")
        try:
            if status == 200:
                return msgspec.json.decode(body, type=form)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        raise NoConsole(f"what answers at {self.shown} is no console of this version: check STREAMS_CONSOLE_URL")

    def _away(self, why: NoAnswer) -> NoReturn:
        if why.is_away:
            raise NoConsole(f"no console answers at {self.shown} ({why}): `junction-streams lineage serve` is one")
        if str(why) == "TooLarge":
            raise Misconfigured(f"the answer has more than {ANSWER_BYTES_MAX:,} bytes: ask for less, or without values")
        raise Unavailable(f"the console at {self.shown} does not answer in time ({why})")


@asynccontextmanager
async def open_console(settings: Settings) -> AsyncIterator[ConsoleClient]:
    """A console to ask, closed at the end."""
    console = ConsoleClient(settings)
    try:
        yield console
    finally:
        await console.close()


def _error(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    sentence = found.get("error") if type(found) is dict else None
    return sentence if type(sentence) is str else ""
