"""What the rotation of one endpoint needs: its file and journal, its gateways, and Junction where there is a key."""

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.control.file import WebhooksFile
from connectors.control.rotation.at_junction import JunctionSecret, find
from connectors.control.rotation.gateways import Gateways
from connectors.control.rotation.journal import JournalFile
from connectors.control.rotation.quiet import QUIET_S
from connectors.control.rotation.secret_file import SecretFile
from connectors.junction.webhook_api import open_webhooks
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings


@dataclass(frozen=True)
class RotationPlace:
    """`junction`: None without a management key. `say`: what is done, in sentences without a secret.

    `clock`: Unix seconds. `quiet_s`: how long an old secret has to be silent (`quiet`).
    """

    name: str
    file: SecretFile
    journal: JournalFile
    gateways: Gateways
    junction: JunctionSecret | None
    say: Callable[[str], None]
    clock: Callable[[], float] = time.time
    quiet_s: float = QUIET_S


@asynccontextmanager
async def open_place(
    settings: Settings, wanted: WebhooksFile, name: str, wait_s: float, say: Callable[[str], None]
) -> AsyncIterator[RotationPlace]:
    """Of an endpoint of webhooks.toml. `wait_s`: for gateways. Raises Misconfigured, and as `WebhookApi`'s calls do."""
    endpoint = wanted.endpoint(name)
    if endpoint.secret_file is None:
        raise Misconfigured(
            f"[endpoint.{name}] of {wanted.path} has no secret_file: the file with its secrets that gateways read "
            f'(STREAMS_ENDPOINTS=\'{{"{name}": "file:/run/secrets/{name}"}}\')'
        )
    file = SecretFile(endpoint.secret_file)
    _check_alone(wanted, name, file.path)
    place = RotationPlace(
        name, file, JournalFile(file.path, name), Gateways(name, endpoint.gateways, wait_s), None, say
    )
    if not settings.junction_management_key.get_secret_value():
        yield place
        return
    async with open_webhooks(settings, wanted.team) as api:
        yield _with(place, await find(api, name))


def _with(place: RotationPlace, junction: JunctionSecret) -> RotationPlace:
    return RotationPlace(place.name, place.file, place.journal, place.gateways, junction, place.say)


def _check_alone(wanted: WebhooksFile, name: str, path: Path) -> None:
    """Raises Misconfigured where another endpoint reads the same file: its old secret would go out with this one's."""
    for other, endpoint in wanted.endpoints.items():
        if other != name and endpoint.secret_file is not None and os.path.realpath(endpoint.secret_file) == str(path):
            raise Misconfigured(
                f"[endpoint.{other}] of {wanted.path} has the same secret_file as [endpoint.{name}]: Junction turns "
                "the secret of one, and the other's deliveries would be refused once the old one is out. Copy the "
                "file, name the copy there and in the gateway's STREAMS_ENDPOINTS, and run this again"
            )
