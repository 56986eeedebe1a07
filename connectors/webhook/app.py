"""The gateway of one process: its door, what watches beside it, and its servers."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from connectors.webhook.absence import Absence, NewestHeartbeat
from connectors.webhook.admin import Views
from connectors.webhook.door import Clock, Door
from connectors.webhook.endpoints import Endpoints
from connectors.webhook.limits import networks
from connectors.webhook.limits.connections import Connections
from connectors.webhook.limits.senders import Senders
from connectors.webhook.replies import OUTCOMES
from connectors.webhook.secret_watch import SecretWatch
from connectors.webhook.server import sweep
from connectors.webhook.watch import Probe, Watch
from streams.kafka.publisher import Publisher
from streams.ops import log
from streams.ops.errors import place
from streams.ops.metrics import registry
from streams.ops.process import Process
from streams.ops.settings import Settings
from streams.status.refused_page import RefusedPage, RefusedQuery

_FIRST_ANSWER_S = 1.0  # start without Kafka after so long: a reply of 503 is better than a connection that hangs
_ONE_ADDRESS = 4  # an address that has proved nothing may have this part of all connections


class Gateway:
    """`door`: the ASGI application. The caller closes the publisher after the servers have stopped.

    `probe` raises Unavailable or Misconfigured while records could not be stored; None: no check.
    `read_settings`: the settings as they are now, for endpoints that change; None: they do not.
    `newest_heartbeat` returns when any gateway last accepted a delivery; None: outages are not detected.
    Raises Misconfigured for a secret that cannot be one, and for networks that are none.
    """

    def __init__(
        self,
        settings: Settings,
        publisher: Publisher,
        *,
        clock: Clock = time.time,
        probe: Probe | None = None,
        newest_heartbeat: NewestHeartbeat | None = None,
        read_settings: Callable[[], Settings] | None = None,
    ) -> None:
        self._publisher = publisher
        self._probe = probe
        self._watch = Watch(probe)
        publisher.on_doubt = self._watch.doubt
        self.senders = Senders(
            networks.parse("STREAMS_TRUSTED_PROXIES", settings.trusted_proxies),
            networks.parse("STREAMS_GATEWAY_ALLOWED_NETWORKS", settings.gateway_allowed_networks),
        )
        most = settings.gateway_connections_max
        self.connections = Connections(most, max(1, most // _ONE_ADDRESS))
        self.endpoints = Endpoints(read_settings or (lambda: settings), OUTCOMES)
        self.secret_watch = SecretWatch(self.endpoints) if read_settings else None
        self.door = Door(settings, self.endpoints, publisher, self._watch, self.senders, clock)
        self._absence = (
            Absence(settings, publisher, newest_heartbeat, lambda: self.door.accepted) if newest_heartbeat else None
        )
        self.failure: BaseException | None = None  # of what runs beside the door
        self.on_failure: Callable[[], None] = lambda: None
        self.views = Views(self._trouble, self._secrets, self._refused, registry(Process.GATEWAY))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What runs beside the door."""
        works = [self._watch.run(), self.door.run(), sweep(self.connections)]
        works += [also.run() for also in (self._absence, self.secret_watch) if also]
        tasks = [asyncio.create_task(work) for work in works]
        for task in tasks:
            task.add_done_callback(self._ended)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._watch.answered.wait(), _FIRST_ANSWER_S if self._probe else 0)
        self.door.refused.begin()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # each ends what it has begun: a last line of the log

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Without one of them connections would not be closed, or requests not answered, and nobody would see it."""
        error = None if task.cancelled() else task.exception()
        if error and not self.failure:
            self.failure = error
            log.get("gateway").error("unexpected", kind=type(error).__name__, at=place(error))
            self.on_failure()

    async def _trouble(self) -> str:
        return self._watch.trouble or self._publisher.broken

    async def _secrets(self) -> list[dict[str, Any]]:
        return [row._asdict() for row in self.endpoints.rows()]

    async def _refused(self, query: RefusedQuery) -> RefusedPage:
        return self.door.refused.page(query)
