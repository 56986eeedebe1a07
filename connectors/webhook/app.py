"""The Starlette application: the webhook route, two health checks and the metrics."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.webhook.absence import Absence, NewestHeartbeat
from connectors.webhook.door import OUTCOMES, Clock, Door
from connectors.webhook.endpoints import Endpoints
from connectors.webhook.watch import Probe, Watch
from streams.kafka.publisher import Publisher
from streams.ops.metrics import Process, registry
from streams.ops.settings import Settings

_FIRST_ANSWER_S = 1.0  # start without Kafka after so long: a reply of 503 is better than a connection that hangs


def build_app(
    settings: Settings,
    publisher: Publisher,
    *,
    clock: Clock = time.time,
    probe: Probe | None = None,
    newest_heartbeat: NewestHeartbeat | None = None,
) -> Starlette:
    """The gateway, for any ASGI server. The caller closes the publisher after the server has stopped.

    `probe` raises Unavailable or Misconfigured while records could not be stored; None: no check.
    `newest_heartbeat` returns when any gateway last accepted a delivery; None: outages are not detected.
    Raises Misconfigured for a secret that cannot be one.
    """
    watch = Watch(probe)
    publisher.on_doubt = watch.doubt
    door = Door(settings, Endpoints(lambda: settings, OUTCOMES), publisher, watch, clock)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(watch.run())]
        if newest_heartbeat:
            absence = Absence(settings, publisher, newest_heartbeat, lambda: door.accepted)
            tasks.append(asyncio.create_task(absence.run()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(watch.answered.wait(), _FIRST_ANSWER_S if probe else 0)
        yield
        for task in tasks:
            task.cancel()

    async def ready(request: Request) -> Response:
        trouble = watch.trouble or publisher.broken
        return JSONResponse({"ready": not trouble, "reason": trouble}, 503 if trouble else 200)

    app = Starlette(
        routes=[
            Route("/webhooks/{endpoint}", door, methods=["POST"]),
            Route("/healthz", _alive),
            Route("/readyz", ready),
            Route("/metrics", _metrics),
        ],
        lifespan=lifespan,
    )
    app.state.door = door
    return app


async def _alive(request: Request) -> Response:
    return JSONResponse({"alive": True})


_registry = registry(Process.GATEWAY)


async def _metrics(request: Request) -> Response:
    return Response(generate_latest(_registry), media_type=CONTENT_TYPE_LATEST)
