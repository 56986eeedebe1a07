"""Where Junction's Svix portal is: only what is an address of the web, over TLS, is shown to a person."""

import asyncio

import pytest

from connectors.control.portal import portal_url
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from tests.connectors.junction.scripted import http, scripted, settings_for


async def test_the_link_is_what_junction_says() -> None:
    """One question, with the team's key."""
    async with scripted(http(200, b'{"url": "https://app.svix.com/login#key=abc"}')) as junction:
        found = await asyncio.to_thread(portal_url, settings_for(junction.url))
    assert found == "https://app.svix.com/login#key=abc"
    assert [one.target for one in junction.requests] == ["/v2/team/svix/url"]


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b'{"url": 7}', b'{"url": "http://app.svix.com"}', b'{"url": "javascript:x"}', b'{"url": "https://x\\u001b"}'],
)  # fmt: skip
async def test_what_is_no_address_is_not_shown(body: bytes) -> None:
    """A sentence without what came."""
    async with scripted(http(200, body)) as junction:
        with pytest.raises(Unavailable, match=r"^Junction does not say where its portal is$"):
            await asyncio.to_thread(portal_url, settings_for(junction.url))


async def test_refusals_are_sentences() -> None:
    """No such page, no right, no key."""
    for status in (403, 404):
        async with scripted(http(status)) as junction:
            with pytest.raises(Unavailable, match="does not say where its portal is"):
                await asyncio.to_thread(portal_url, settings_for(junction.url))
    with pytest.raises(Misconfigured, match="STREAMS_JUNCTION_API_KEY"):
        await asyncio.to_thread(portal_url, Settings(_env_file=None))
