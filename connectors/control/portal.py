"""The address of Junction's Svix portal for our team. Whoever has it is logged in there for a while, sees the bodies
of all messages and may change endpoints: so it is asked for by a person, and shown to her terminal alone."""

import asyncio
from urllib.parse import urlsplit

from connectors.junction import Refused, open_client
from connectors.junction.retry_policy import RetryPolicy
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

PATH = "/v2/team/svix/url"
PATIENCE = RetryPolicy(tries=2, total_s=10.0, wait_max_s=2.0)  # a person waits


def portal_url(settings: Settings) -> str:
    """Asks Junction. Raises Misconfigured without a key, Unavailable."""
    try:
        return asyncio.run(_asked(settings))
    except Refused as refused:
        raise Unavailable(f"Junction does not say where its portal is: {refused}") from None


async def _asked(settings: Settings) -> str:
    async with open_client(settings, PATIENCE) as client:
        answer = await client.get(PATH)
    url = answer.get("url") if type(answer) is dict else None
    if type(url) is str and url.isprintable() and urlsplit(url).scheme == "https":
        return url
    raise Unavailable("Junction does not say where its portal is")
