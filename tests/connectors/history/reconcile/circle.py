"""What reconciling asks, as real servers: Junction's API, a worker's query API, and librdkafka's mock cluster."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from streams.demo.cluster.mock import MockCluster
from streams.events import topics
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests.connectors.junction.scripted import Request, Scripted, http, scripted, settings_for
from tests.folding import Worker
from tests.status.test_server import Tables, running
from tests.status.test_server import settings as plain

PARTITIONS = 4
PAGE = 10
DAY = "2026-05-01T00:00:00+00:00"
PULL = {"status": "success", "range_start": DAY, "range_end": "2026-05-31T00:00:00+00:00", "days_with_data": 20}
STATE = {"oldest_data": DAY, "newest_data": DAY, "sent_count": 20, "last_attempt": None}


@dataclass
class Api:
    """Junction's word about `users`, in pages of PAGE. `odd`: what it answers about the resources of some.
    `forgets`: cursors that it knows no more when they are asked for, each once."""

    users: list[str]
    odd: dict[str, bytes]
    forgets: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> bytes:
        url = urlsplit(request.target)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path.endswith("historical_pull"):
            if (cursor := asked.get("next_cursor", "")) in self.forgets:
                self.forgets.remove(cursor)
                return http(404)
            at = int(cursor or 0)
            data = [self._row(user, {"pulled": {"sleep": PULL}}) for user in self.users[at : at + PAGE]]
            return self._page(data, str(at + PAGE) if at + PAGE < len(self.users) else None)
        if asked["user_id"] in self.odd:
            return self.odd[asked["user_id"]]
        return self._page([self._row(asked["user_id"], {"sleep": STATE})], None)

    def _row(self, user: str, of_provider: object) -> dict[str, object]:
        return {"user_id": user, "provider": {"oura": of_provider}}

    def _page(self, data: object, cursor: str | None) -> bytes:
        return http(200, json.dumps({"data": data, "next_cursor": cursor}).encode())


@asynccontextmanager
async def circle(
    users: list[str], odd: dict[str, bytes] | None = None, forgets: set[str] | None = None
) -> AsyncIterator[tuple[Settings, Scripted]]:
    """Settings under which `users` can be reconciled, and the API, which counts."""
    names = [f"junction.{topics.RECONCILIATIONS}", f"junction.{topics.FETCH_JOBS}"]
    with MockCluster(dict.fromkeys(names, PARTITIONS)) as kafka:
        async with (
            scripted(Api(users, odd or {}, forgets or set())) as api,
            running(plain(), Tables(Worker(), set(range(12)))) as worker,
        ):
            where = {"bootstrap_servers": kafka.bootstrap_servers, "registry_url": LOCAL_REGISTRY, "query_url": worker}
            yield settings_for(api.url, partitions=PARTITIONS, **where), api
