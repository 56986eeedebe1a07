"""Starts the demo: Kafka and registry, gateway, worker; with history also a fetcher and the fake API."""

import base64
import importlib.util
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from streams.demo.cluster import ports
from streams.demo.kafka import Say, kafka_for
from streams.demo.pipelines.running import check, start_pipeline
from streams.demo.postgres import Postgres
from streams.demo.processes import child, service, wait_ready
from streams.demo.stack import ENDPOINT, Stack
from streams.events.doors import DoorName
from streams.events.parts import Part
from streams.kafka import admin, registry
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.api.keys import KEY as API_KEY
from streams.simulator.calendar import iso
from streams.simulator.people import stories
from streams.simulator.world.world import World

API_PORT = 8090
API_PAGE_SIZE = 2000
_NOTHING: Mapping[str, str] = {}


@contextmanager
def start(
    settings: Settings,
    keep: Path | None,
    say: Say,
    world: World | None = None,
    *,
    is_short: bool = True,
    has_notify: bool = False,
    has_sink: bool = False,
    is_secure: bool = False,
    more: Mapping[str, str] = _NOTHING,
    door: str = DoorName.WEBHOOK,
) -> Iterator[Stack]:
    """Everything up and ready to receive; everything gone at the end, what lies in `keep` excepted.

    `world`: one with history, which the fake API then serves and a fetcher fetches. `has_notify`: alerts are brought to
    the log. `has_sink`: a PostgreSQL, and the clean topics written into it. `is_secure`: each process has a login
    with the rights of its role. `more`: settings of the fetcher, as environment variables. `door`: a pipeline's has its
    broker started, and `source` beside the others.
    """
    check(door)
    with ExitStack() as stack:
        settings, kind, folder, roles = kafka_for(stack, settings, keep, say, is_secure=is_secure)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        settings = _for_demo(settings, folder, secret, is_short=is_short)
        say("topics and schemas")
        if not settings.is_mock:
            admin.apply(roles.settings(Part.OPERATOR, settings))
        registry.register(settings)
        # The mock cluster's transactions cannot be read back by aiokafka, and fetched pages are written in them.
        has_history = world is not None and world.days_of_history > 0 and not settings.is_mock
        say("gateway, worker, fetcher and the fake API" if has_history else "gateway and worker")
        gateway = service(stack, "gateway", roles.settings(Part.GATEWAY, settings), secret, folder)
        rules = _rules(folder) if world else {}
        pushed = {"STREAMS_HISTORY_PUSHED": str(door)} if world and world.is_pushed else {}
        own = {**rules, **pushed}
        worker = service(stack, "worker", roles.settings(Part.WORKER, settings), secret, folder, own)
        running = Stack(settings, secret, kind, folder, gateway, worker, roles=roles)
        if has_history and world:
            running = _with_history(stack, running, world, more, is_short=is_short)
        if not settings.is_mock:
            running = _with_console(stack, running)
        if door != DoorName.WEBHOOK:
            say(f"the broker of door {door}, and `source`")
            running = _with_source(stack, running, door)
        if has_notify:
            running = _with_notify(stack, running)
        if has_sink:
            say("PostgreSQL and the sink")
            running = _with_sink(stack, running, keep, say)
        wait_ready(running)
        yield running


def _with_history(stack: ExitStack, running: Stack, world: World, more: Mapping[str, str], *, is_short: bool) -> Stack:
    """The fake API over the same world, and a fetcher that asks it."""
    port = _port(0 if is_short else API_PORT)
    api = ["fake-api", "--port", str(port), "--end", iso(world.end_ms), "--page-size", str(API_PAGE_SIZE)]
    api += ["--users", str(world.users), "--days", str(world.days), "--seed", str(world.seed)]
    api += ["--history-days", str(world.days_of_history), "--generation", "mixed"]
    api += ["--stories"] * world.has_stories
    child(stack, api, running.folder, {})
    url, metrics_port = f"http://127.0.0.1:{port}", str(_port(0))
    env = {
        **more,
        "STREAMS_JUNCTION_URL": url,
        "STREAMS_JUNCTION_API_KEY": API_KEY,
        "STREAMS_JUNCTION_REQUESTS_PER_S": "1000",
        "STREAMS_METRICS_PORT": metrics_port,
        "STREAMS_QUERY_URL": running.settings.query_address,
    }
    fetcher = service(stack, "fetcher", running.settings_of(Part.FETCHER), running.secret, running.folder, env)
    return replace(running, fetcher=fetcher, api_url=url).also("fetcher", metrics_port)


def _with_console(stack: ExitStack, running: Stack) -> Stack:
    """Keeps the index of lineage and answers `trace`, `story` and `why`."""
    env = {
        "STREAMS_CONSOLE_PORT": str(running.settings.console_port),
        "STREAMS_LINEAGE_DIR": str(running.folder / "lineage"),
        "STREAMS_CONSOLE_GATEWAYS": running.gateway_admin_url,
        "STREAMS_QUERY_URL": running.settings.query_address,
    }
    settings = running.settings_of(Part.CONSOLE)
    return replace(running, console=service(stack, "lineage serve", settings, running.secret, running.folder, env))


def _with_source(stack: ExitStack, running: Stack, door: str) -> Stack:
    pipeline, port = start_pipeline(stack, door, running.settings), str(_port(0))
    env = {**pipeline.env, "STREAMS_METRICS_PORT": port}
    settings = running.settings_of(Part.SOURCE)
    source = service(stack, pipeline.command, settings, running.secret, running.folder, env)
    return replace(running, source=source, pipeline=pipeline).also("source", port)


def _with_notify(stack: ExitStack, running: Stack) -> Stack:
    port = str(_port(0))
    settings = running.settings_of(Part.NOTIFY)
    notify = service(stack, "notify", settings, running.secret, running.folder, {"STREAMS_METRICS_PORT": port})
    return replace(running, notify=notify).also("notify", port)


def _with_sink(stack: ExitStack, running: Stack, keep: Path | None, say: Say) -> Stack:
    """A PostgreSQL of its own, whatever STREAMS_POSTGRES_URL says: a demo writes into nobody's tables."""
    if running.settings.is_mock:
        raise Misconfigured("a sink needs a real Kafka: install Java and Maven, or set STREAMS_BOOTSTRAP_SERVERS")
    if importlib.util.find_spec("psycopg") is None:
        raise Misconfigured("PostgreSQL needs psycopg: run `pip install 'junction-streams[postgres]'`")
    server = stack.enter_context(Postgres(keep and keep / "postgres", progress=say))
    own: dict[str, Any] = {"postgres_url": server.url, "postgres_schema": "junction", "postgres_topics": ()}
    settings, port = running.settings.model_copy(update=own), str(_port(0))
    env = {
        "STREAMS_POSTGRES_URL": server.url.get_secret_value(),
        "STREAMS_POSTGRES_SCHEMA": "junction",
        "STREAMS_POSTGRES_TOPICS": "",
        "STREAMS_METRICS_PORT": port,
    }
    running = replace(running, settings=settings)
    sink = service(stack, "sink postgres", running.settings_of(Part.SINK), running.secret, running.folder, env)
    return replace(running, sink=sink).also("sink", port)


def _rules(folder: Path) -> dict[str, str]:
    """The rules that the stories of the world are made for, in a file to look at and to change."""
    file = folder / "rules.toml"
    file.write_text(stories.RULES, encoding="utf-8")
    return {"STREAMS_ALERT_RULES": str(file)}


def _for_demo(settings: Settings, folder: Path, secret: str, *, is_short: bool) -> Settings:
    """`is_short`: nobody will look for the usual ports, so that two of them may run side by side."""
    return settings.model_copy(
        update={
            "endpoints": {ENDPOINT: [SecretStr(secret)]},
            "gateway_port": _port(0 if is_short else settings.gateway_port),
            "gateway_admin_port": _port(0 if is_short else settings.gateway_admin_port),
            "metrics_port": _port(settings.metrics_port),
            "query_port": _port(settings.query_port),
            "console_port": _port(0 if is_short else settings.console_port),
            "state_dir": folder / "state",
        }
    )


def _port(wanted: int) -> int:
    """The wanted port when it is free, else one that nobody else is likely to take before its server does."""
    return wanted if wanted and ports.is_free(wanted) else ports.random_free()
