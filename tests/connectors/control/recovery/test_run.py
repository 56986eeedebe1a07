"""A whole recovery at the fakes: Svix's with the rate lowered, and without a token Junction's API and the dashboard."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from connectors.control.recovery.by_svix import Patience
from connectors.control.recovery.rate_journal import RateJournal
from connectors.control.recovery.run import Recovery, RecoverySettings
from connectors.junction import open_client
from connectors.svix.client import SvixSpan
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.serve import running
from streams.simulator.management.options import ManagementOptions
from tests.connectors.control.recovery.test_by_svix import planted
from tests.connectors.junction.scripted import settings_for
from tests.connectors.svix.test_client import HOUR_MS, now_ms, settings
from tests.simulator.management.fakes import SECRET, management
from tests.simulator.management.recipient import receiving, until
from tests.simulator.management.test_deliveries import BODY, SLEEP, made
from tests.simulator.worlds import world

TAG = "of ours [junction-streams:junction]"


def recovery(given: Settings, folder: Path, rate: int | None = 200, **changes: Any) -> Recovery:
    how = RecoverySettings(
        "junction",
        "https://a.example.org/",
        SvixSpan(now_ms() - HOUR_MS, None),
        rate,
        RateJournal(folder / "j.json"),
        Patience(0.02, 1.0),
        **changes,
    )
    return Recovery(given, how, lambda _: None)


async def test_what_failed_and_what_was_never_tried_comes_back_at_the_set_rate(tmp_path: Path) -> None:
    """No faster than it while it lasts; afterwards the endpoint's own rate is there again."""
    async with receiving(SECRET) as recipient, management() as hand:
        app, endpoint = await made(hand, recipient.url, description=TAG, rate_limit=1000)
        ids = planted(app, endpoint, 40, now_ms() - HOUR_MS // 2)
        endpoint.is_disabled = True
        missed = hand.fake.deliveries.put(app, SLEEP, BODY)
        endpoint.is_disabled = False
        outcome = await recovery(settings(hand.url, svix_app_id=app.id), tmp_path).run()
        await until(lambda: recipient.arrived == dict.fromkeys([*ids, missed.id], 1))
        assert recipient.at_s[-1] - recipient.at_s[0] >= 40 / 200 * 0.9
        assert (outcome.wrong, endpoint.rate_limit) == ([], 1000)
        assert "40 failed messages in 1 rounds" in outcome.asked[0]


async def test_whoever_is_stopped_puts_the_rate_back(tmp_path: Path) -> None:
    """SIGTERM and Ctrl-C cancel the run."""
    async with receiving(SECRET) as recipient, management() as hand:
        app, endpoint = await made(hand, recipient.url, description=TAG)
        planted(app, endpoint, 40, now_ms() - HOUR_MS // 2)
        task = asyncio.create_task(recovery(settings(hand.url, svix_app_id=app.id), tmp_path, rate=10).run())
        await until(lambda: endpoint.rate_limit == 10 and recipient.arrived)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert endpoint.rate_limit is None
        assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


async def test_a_rate_that_a_killed_run_left_is_put_back_first(tmp_path: Path) -> None:
    """And is not taken for the endpoint's own."""
    async with receiving(SECRET) as recipient, management() as hand:
        app, endpoint = await made(hand, recipient.url, description=TAG, rate_limit=10)
        (tmp_path / "j.json").write_text(json.dumps({"endpoint": endpoint.id, "rate": 500}))
        await recovery(settings(hand.url, svix_app_id=app.id), tmp_path).run()
        assert endpoint.rate_limit == 500


async def test_a_gateway_that_refuses_is_told(tmp_path: Path) -> None:
    """What is still failed makes the run a wrong one."""
    async with receiving("whsec_" + "B" * 32) as recipient, management(ManagementOptions(compress=1e6)) as hand:
        app, endpoint = await made(hand, recipient.url, description=TAG)
        planted(app, endpoint, 3, now_ms() - HOUR_MS // 2)
        outcome = await recovery(settings(hand.url, svix_app_id=app.id), tmp_path).run()
        assert outcome.wrong[0].startswith("3 messages are still failed")


@pytest.mark.parametrize("tags", [[], [TAG, TAG]])
async def test_one_endpoint_with_our_tag_is_needed(tmp_path: Path, tags: list[str]) -> None:
    """Nothing is sent for none, nor for two."""
    async with management() as hand:
        app, _ = await made(hand, "https://other.example.org/")
        for text in tags:
            await made(hand, "https://a.example.org/", description=text)
        with pytest.raises(Misconfigured, match="one endpoint"):
            await recovery(settings(hand.url, svix_app_id=app.id), tmp_path).run()
        assert not hand.fake.svix.calls["recover"]


async def test_a_disabled_endpoint_is_refused(tmp_path: Path) -> None:
    """Svix would send it nothing, and say nothing."""
    async with management() as hand:
        app, endpoint = await made(hand, "https://a.example.org/", description=TAG)
        endpoint.is_disabled = True
        with pytest.raises(Misconfigured, match="enable it"):
            await recovery(settings(hand.url, svix_app_id=app.id), tmp_path).run()


async def test_lab_orders_of_the_time_are_sent_again() -> None:
    """Every team may ask for it; the API names the orders."""
    lived = world(users=4, days=2)
    api = FakeApi(lived)
    async with running(api) as url, open_client(settings_for(url, junction_api_key=KEY)) as client:
        everything = await client.resend_orders("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
        assert everything
        assert list(everything) == api.resent
        assert await client.resend_orders("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z") == ()
