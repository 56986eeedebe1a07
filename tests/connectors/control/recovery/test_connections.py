"""Connections that Junction knows and our tables do not come back as events."""

import json

from hypothesis import given
from hypothesis import strategies as st

from connectors.control.recovery.connections import ConnectionsFound, bring, ended, missed
from connectors.junction import open_client
from connectors.junction.connections import UserConnection
from connectors.junction.users import JunctionUser
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops.settings import Settings
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.serve import running
from streams.status.client import Views
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker
from tests.simulator.worlds import world
from tests.status import test_server as workers

USER = JunctionUser("5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77")
_slugs = st.sampled_from(["oura", "fitbit", "garmin"])
_status = st.sampled_from(["connected", "error", "paused"])
_theirs = st.dictionaries(_slugs, _status).map(lambda found: tuple(UserConnection(*row) for row in found.items()))
_ours = st.dictionaries(_slugs, st.sampled_from(["connected", "error", "implied", "unknown"]))


@given(_theirs, _ours)
def test_an_event_for_each_state_that_we_do_not_have(theirs: tuple[UserConnection, ...], ours: dict[str, str]) -> None:
    """None where both say the same; a status that nobody documents is left alone."""
    named = {link.provider for link in theirs if link.status in ("connected", "error")}
    events = {str(one["data"]["provider"]): one["event_type"] for one in missed(USER, theirs, ours)}
    assert len(events) == sum(ours.get(one.provider) != one.status for one in theirs if one.provider in named)
    assert not list(missed(USER, theirs, {link.provider: link.status for link in theirs}))


def test_what_junction_has_no_more_is_counted() -> None:
    """No event says that a connection was ended, so none is made up."""
    theirs = (UserConnection("oura", "connected"),)
    assert ended(theirs, {"oura": "connected", "fitbit": "connected", "garmin": "error"}) == 1


async def test_they_come_back_once() -> None:
    """The fake API's connections, stored by a worker that had none: asked again, nothing is missing."""
    worker, lived = Worker(), world(users=4, days=1)
    async with (
        running(FakeApi(lived)) as api,
        workers.running(Settings(_env_file=None), workers.Tables(worker, set(range(64)))) as asked,
    ):
        settings = Settings(
            _env_file=None, junction_url=api, junction_api_key=KEY, query_url=asked, topic_prefix=PREFIX
        )
        first = await brought(settings, worker)
        again = await brought(settings, worker)
    assert first.users == again.users == 4
    assert (first.stored > 0, again.stored) == (True, 0)


async def brought(settings: Settings, worker: Worker) -> ConnectionsFound:
    """What is stored is folded by the worker, as it would be from Kafka."""
    publisher, views = MemoryPublisher({f"{PREFIX}.raw.connections": settings.partitions}), Views(settings)
    try:
        async with open_client(settings) as client:
            found = await bring(settings, client, views, publisher)
    finally:
        await views.close()
    for n, one in enumerate(publisher.records):
        assert json.loads(one.value)["event_type"].startswith("provider.connection.")
        worker.run(RawRecord(one.topic, one.partition, n, NOW_MS, one.key, one.value, one.headers))
    return found
