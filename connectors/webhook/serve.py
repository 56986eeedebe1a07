"""`junction-streams gateway`: one process that serves until SIGTERM or Ctrl-C, then drained. `processes`: several."""

import asyncio
import gc
import resource
import signal
import socket

import uvloop

from connectors.webhook import processes, tls
from connectors.webhook.admin import admin_app
from connectors.webhook.app import Gateway
from connectors.webhook.endpoints import keyrings_of
from connectors.webhook.server import Server, admin_server, public_server
from streams.events import ROOM_BYTES, topics
from streams.events.parts import USES, Part
from streams.kafka import admin
from streams.kafka.publisher import KafkaPublisher
from streams.ops import log, tracing
from streams.ops.errors import GaveUp, Misconfigured, Unavailable
from streams.ops.settings import Settings, load
from streams.status.access import guard_of

_GRACE_S = 1.0
_FILES_OF_OURS = 256  # beside connections: Kafka's, logs, libraries
_CONNECTIONS_MIN = 16
_COLLECT_EVERY = 10_000  # allocations; a request leaves no circles, and each collection stops all of them


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C, then reply to the requests under way.

    Raises Misconfigured when the settings or the topics are wrong. While Kafka does not answer, posts get 503.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until somebody listens: it must not end a process that starts
    _check(settings)
    place = processes.place()
    if place:
        uvloop.run(_serve(_with_files(settings), place, None))
        return
    own = processes.claimed(settings)
    _check_layout(settings)
    if settings.gateway_processes > 1:
        uvloop.run(processes.supervise(settings, own))
    else:
        uvloop.run(_serve(_with_files(settings), None, own))


def _check_layout(settings: Settings) -> None:
    try:
        admin.check_layout(settings)
        admin.check_writable(settings, USES[Part.GATEWAY].sends)
    except GaveUp:
        raise
    except Unavailable as error:
        log.get("gateway").warning("waiting", what="Kafka", why=str(error))


def _check(settings: Settings) -> None:
    keyrings_of(settings)  # before Kafka is asked, and before other processes start
    if settings.body_bytes_max + ROOM_BYTES > settings.record_bytes_max:
        raise Misconfigured(
            "STREAMS_RECORD_BYTES_MAX must leave room for a body, its headers, and those of a dead letter: at least "
            f"{settings.body_bytes_max + ROOM_BYTES} for STREAMS_BODY_BYTES_MAX={settings.body_bytes_max}"
        )


def _with_files(settings: Settings) -> Settings:
    """As many connections as there may be open files; the usual limit of 1,024 is a default that one may raise."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.gateway_connections_max + _FILES_OF_OURS
    if hard != resource.RLIM_INFINITY and hard < wanted:
        most = max(_CONNECTIONS_MIN, hard - _FILES_OF_OURS)
        log.get("gateway").warning("few_files", open_files_max=hard, connections_max=most)
        settings = settings.model_copy(update={"gateway_connections_max": most})
        wanted = hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return settings


async def _serve(settings: Settings, place: "processes.Place | None", admin_socket: socket.socket | None) -> None:
    """With a place among several processes, or with the socket of an admin listener of its own."""
    tracing.configure("gateway")
    certificate = tls.certificate(settings)
    public_socket = processes.public_socket(settings, is_shared=place is not None)
    publisher = KafkaPublisher(settings)
    client = admin.client_of(settings)
    gateway = Gateway(
        settings,
        publisher,
        probe=lambda whole: admin.check_layout(settings, client, partitions_only=not whole),
        newest_heartbeat=None if settings.is_mock else lambda: admin.newest_ms(client, settings, topics.HEARTBEATS),
        read_settings=load,
    )
    context = certificate.context if certificate else None
    public = public_server(gateway.door, gateway.senders, gateway.connections, context)
    host, guard = settings.gateway_admin_host, guard_of(settings, settings.gateway_admin_host)
    app = admin_app(gateway.views, "*", None) if place else admin_app(gateway.views, host, guard)
    own = admin_server(app, place and place.uds)
    logger = log.get("gateway")
    gc.freeze()  # what exists by now stays, so the garbage collector need not scan it again
    gc.set_threshold(_COLLECT_EVERY)
    stopping = asyncio.create_task(_stop_on_signal(gateway, [public, own], settings, place))
    watching = asyncio.create_task(certificate.run()) if certificate else None
    try:
        async with gateway.running():
            if admin_socket:
                processes.log_listening(settings, public_socket, admin_socket)
            await asyncio.gather(public.serve([public_socket]), own.serve([admin_socket] if admin_socket else None))
    finally:
        for task in filter(None, (stopping, watching)):
            task.cancel()
        await publisher.close(settings.publish_timeout_s)
        tracing.close()
        logger.info("stopped")
    if gateway.failure:
        raise gateway.failure


async def _stop_on_signal(
    gateway: Gateway, servers: list[Server], settings: Settings, place: "processes.Place | None"
) -> None:
    is_signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_signalled.set)
    gateway.on_failure = is_signalled.set
    if gateway.secret_watch:
        loop.add_signal_handler(signal.SIGHUP, gateway.secret_watch.ask)
    if place:
        loop.add_reader(place.lifeline, is_signalled.set)  # readable when the parent is gone
    await is_signalled.wait()
    if place:
        loop.remove_reader(place.lifeline)
    await gateway.door.drain(settings.publish_timeout_s + _GRACE_S)
    for server in servers:
        server.should_exit = True
