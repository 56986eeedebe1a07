"""The fake Management API on a port, and a caller that validates every answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from streams.simulator.api.app import FakeApi
from streams.simulator.api.serve import running
from streams.simulator.management.fake import FakeManagement
from streams.simulator.management.options import ManagementOptions
from tests.published import JUNCTION, check_if_named
from tests.simulator.worlds import world

ORG, TEAM = (f"0c5b3f4e-0000-4000-8000-00000000000{n}" for n in range(2))
PLACE = f"/v1/org/{ORG}/team/{TEAM}/production"
WORLD = world(users=1, days=1)
SECRET = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"


@dataclass
class Hand:
    """Calls the Management API as a hand would; what is answered must be as published."""

    url: str
    http: httpx.AsyncClient
    fake: FakeManagement

    async def call(self, method: str, path: str, body: Any = None, key: str = "mg_fake") -> httpx.Response:
        """`path`: behind the team's."""
        whole = f"{PLACE}{path}"
        answer = await self.http.request(method, self.url + whole, json=body, headers={"x-management-key": key})
        if answer.status_code < 300 or answer.status_code == 422:
            check_if_named(JUNCTION, method, whole.partition("?")[0], answer.status_code, answer.content)
        return answer

    async def make(self, **fields: Any) -> Any:
        """A webhook that was created."""
        answer = await self.call("POST", "/webhook", {"url": "https://ingest.example.org/junction", **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def management(options: ManagementOptions | None = None, **more: Any) -> AsyncIterator[Hand]:
    fake = FakeManagement(options, **more)
    async with running(FakeApi(WORLD, management=fake)) as url, httpx.AsyncClient() as http:
        yield Hand(url, http, fake)
