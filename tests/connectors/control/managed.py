"""The fake Management API with a client of ours, and files with what is wanted of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.control import apply as applying
from connectors.control import plan as plans
from connectors.control import signing_secret
from connectors.control.apply import NOTHING, Allowed, AppliedEndpoint
from connectors.control.file import WantedEndpoint, WebhooksFile
from connectors.control.plan import Plan
from connectors.junction.retry_policy import RetryPolicy
from connectors.junction.webhook_api import TeamPlace, WebhookApi, open_webhooks
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.simulator.management.endpoint import SvixEndpoint
from streams.simulator.management.fake import FakeManagement
from tests.connectors.control.files import ORG, TEAM, URL, parsed, text
from tests.connectors.junction.pipelines import managing
from tests.simulator.management.fakes import management

QUICK = RetryPolicy(tries=2, wait_first_s=0.001, wait_max_s=0.01)
PLACE = TeamPlace(ORG, TEAM, "production")


@dataclass
class Managed:
    """`proved`: URLs that were probed, `signed` with these; `trouble`: what probes will say, "" for nothing."""

    api: WebhookApi
    fake: FakeManagement
    folder: Path
    settings: Settings
    proved: list[str] = field(default_factory=list)
    trouble: str = ""
    signed: list[str] = field(default_factory=list)

    @property
    def endpoints(self) -> dict[str, SvixEndpoint]:
        """All that the fake has of the team, by id."""
        return self.fake.state.app(TEAM, "production").endpoints

    @property
    def calls(self) -> dict[str, int]:
        """How many of each operation had their effect, without those that only read."""
        return {name: count for name, count in self.fake.webhooks.calls.items() if name not in _READS}

    def wanted(self, *lines: str, name: str = "junction", url: str = URL, **environment: str) -> WebhooksFile:
        """A file with one endpoint, whose secret is in a file beside it."""
        secret_file = self.folder / f"{name}.secret"
        if not secret_file.exists():
            signing_secret.write_new(secret_file)
        return parsed(text(*lines, f'secret_file = "{secret_file}"', name=name, url=url), **environment)

    async def prove(self, wanted: WantedEndpoint, secret: SecretStr) -> str:
        """A probe as somebody saw it; a real one is tried where probes are."""
        self.proved.append(wanted.url)
        self.signed.append(secret.get_secret_value())
        if self.trouble:
            raise Unavailable(self.trouble)
        return f"{signing_secret.fingerprint(secret)} is taken"

    async def plan(self, file: WebhooksFile, **more: Any) -> Plan:
        return plans.make(file, await plans.look(self.api), PLACE, **more)

    async def apply(
        self, file: WebhooksFile, allowed: Allowed = NOTHING, planned: Path | None = None
    ) -> list[AppliedEndpoint]:
        """What became of each endpoint."""
        return [one async for one in applying.apply(self.api, file, PLACE, self.prove, allowed, planned)]


_READS = frozenset({"list", "get", "headers", "secret", "metric"})


@asynccontextmanager
async def managed(folder: Path, **options: Any) -> AsyncIterator[Managed]:
    """`options`: of the fake."""
    async with management(**options) as hand:
        settings = managing(hand.url)
        async with open_webhooks(settings, PLACE, QUICK) as api:
            yield Managed(api, hand.fake, folder, settings)
