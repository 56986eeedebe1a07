"""`junction-streams gateway`: the application on Granian, until SIGTERM or Ctrl-C, then drained."""

import asyncio
import gc
import os
import signal
import socket
import sys
from typing import NoReturn

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.applications import Starlette

from connectors.webhook.app import build_app
from streams.events import ROOM_BYTES, topics
from streams.kafka import admin
from streams.kafka.publisher import KafkaPublisher
from streams.ops import log
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

_HEADERS_TIMEOUT_MS = 10_000
_CONNECTIONS_MAX = 1024
_GRACE_S = 1.0
_FLUSH_S = 0.1  # the server's own thread still writes the last replies


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C, then reply to the requests under way.

    Raises Misconfigured when the settings or the topics are wrong. While Kafka does not answer, posts get 503.
    """
    _check(settings)
    port = _port(settings)
    try:
        admin.check_layout(settings)
    except Unavailable as error:
        log.get("gateway").warning("waiting", what="Kafka", why=str(error))
    asyncio.run(_serve(settings, port))
    _exit()


def _exit() -> NoReturn:
    """End the process without finalizing the interpreter; everything is drained, closed and written by then."""
    # Granian's threads may still call into Python. While the interpreter finalizes, that is a panic that cannot unwind:
    # one stop in a dozen under load ended with SIGABRT after a clean drain.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _check(settings: Settings) -> None:
    if not any(settings.endpoints.values()):
        raise Misconfigured(
            "no endpoint, so nobody could be let in: set STREAMS_ENDPOINTS, for example "
            """'{"junction": ["whsec_..."]}' with the signing secret from Junction's dashboard"""
        )
    if settings.body_bytes_max + ROOM_BYTES > settings.record_bytes_max:
        raise Misconfigured(
            "STREAMS_RECORD_BYTES_MAX must leave room for a body, its headers, and those of a dead letter: at least "
            f"{settings.body_bytes_max + ROOM_BYTES} for STREAMS_BODY_BYTES_MAX={settings.body_bytes_max}"
        )


async def _serve(settings: Settings, port: int) -> None:
    publisher = KafkaPublisher(settings)
    client = admin.client_of(settings)
    app = build_app(
        settings,
        publisher,
        probe=lambda whole: admin.check_layout(settings, client, partitions_only=not whole),
        newest_heartbeat=None if settings.is_mock else lambda: admin.newest_ms(client, settings, topics.HEARTBEATS),
    )
    server = Server(
        app,
        address=settings.gateway_host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_TIMEOUT_MS),
        websockets=False,
        backlog=_CONNECTIONS_MAX,
        backpressure=_CONNECTIONS_MAX,
        log_enabled=False,  # its lines have another form than ours; access lines would be one a request
    )
    logger = log.get("gateway")
    gc.freeze()  # what exists by now stays, so the garbage collector need not scan it again
    logger.info("listening", host=settings.gateway_host, port=port)
    stopping = asyncio.create_task(_stop_on_signal(server, app, settings))
    try:
        await server.serve()
    finally:
        stopping.cancel()
        await publisher.close(settings.publish_timeout_s)
        logger.info("stopped")


async def _stop_on_signal(server: Server, app: Starlette, settings: Settings) -> None:
    is_signalled = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, is_signalled.set)
    await is_signalled.wait()
    await app.state.door.drain(settings.publish_timeout_s + _GRACE_S)
    await asyncio.sleep(_FLUSH_S)
    server.stop()  # type: ignore[no-untyped-call]  # because Granian leaves this one method untyped


def _port(settings: Settings) -> int:
    """The port to listen on; for 0 any free one. Raises Misconfigured where it cannot be bound."""
    # Tried before the server does, whose own error is a long traceback.
    host = settings.gateway_host
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, settings.gateway_port), family=family) as probe:
            port: int = probe.getsockname()[1]
            return port
    except OSError as error:
        raise Misconfigured(
            f"cannot listen on {host}:{settings.gateway_port} ({error.strerror}): "
            "set STREAMS_GATEWAY_HOST or STREAMS_GATEWAY_PORT to an address that is free"
        ) from None
