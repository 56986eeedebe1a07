"""The signing secret as Junction has it: read, and rotated to one of ours. It is never sent twice without a look."""

from typing import NamedTuple

from pydantic import SecretStr

from connectors.control import tag
from connectors.control.signing_secret import fingerprint
from connectors.junction.webhook_api import Webhook, WebhookApi
from streams.ops.errors import Misconfigured


class JunctionSecret(NamedTuple):
    """Of one endpoint at Junction. Each call raises as `WebhookApi`'s do."""

    api: WebhookApi
    webhook: Webhook

    async def read(self) -> tuple[str, SecretStr]:
        """Its fingerprint, and itself."""
        secret = await self.api.secret(self.webhook.id)
        return fingerprint(secret), secret

    async def rotate(self, secret: SecretStr) -> None:
        """Tried once: after Unavailable it may be there all the same."""
        await self.api.rotate(self.webhook.id, secret)


async def find(api: WebhookApi, name: str) -> JunctionSecret:
    """Raises Misconfigured where Junction has none of that name, or two."""
    found = tag.find(await api.list(), name)
    if found is None:
        raise Misconfigured(
            f"Junction has no endpoint with the tag [junction-streams:{name}]: make it with "
            f"`junction-streams webhooks apply`, or take one over with `junction-streams webhooks adopt ID {name}`"
        )
    return JunctionSecret(api, found)
