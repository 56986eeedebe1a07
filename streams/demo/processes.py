"""The demo's processes: how each is started, and when all are ready."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import stamina

from streams.demo.cluster.supervise import Child
from streams.demo.stack import ENDPOINT, Stack
from streams.demo.watch import http, scrape
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

READY_S = 60
DOOR_S = 90  # beside busy neighbours, who are started first


def service(
    stack: ExitStack, command: str, settings: Settings, secret: str, folder: Path, more: dict[str, str] | None = None
) -> Child:
    """One of the product's services (`worker`, `sink postgres`), stopped when `stack` ends.

    `more`: further settings, as environment variables.
    """
    env = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_REPLICATION": str(settings.replication),
        "STREAMS_ENDPOINTS": f'{{"{ENDPOINT}": ["{secret}"]}}',
        "STREAMS_GATEWAY_PORT": str(settings.gateway_port),
        "STREAMS_GATEWAY_ADMIN_PORT": str(settings.gateway_admin_port),
        "STREAMS_METRICS_PORT": str(settings.metrics_port),
        "STREAMS_QUERY_PORT": str(settings.query_port),
        "STREAMS_STATE_DIR": str(settings.state_dir),
        **_login(settings),
    }
    return child(stack, command.split(), folder, {**env, **(more or {})})


def _login(settings: Settings) -> dict[str, str]:
    if not settings.sasl_username:
        return {}
    return {
        "STREAMS_SECURITY_PROTOCOL": settings.security_protocol,
        "STREAMS_SASL_MECHANISM": settings.sasl_mechanism,
        "STREAMS_SASL_USERNAME": settings.sasl_username,
        "STREAMS_SASL_PASSWORD": settings.sasl_password.get_secret_value(),
    }


def child(stack: ExitStack, command: list[str], folder: Path, env: dict[str, str]) -> Child:
    """A command of this program in a process of its own; its output goes to a file in `folder`."""
    args = [sys.executable, "-m", "streams.cli", *command]
    process = Child(args, folder / f"{command[0]}.log", env={**os.environ, **env})
    stack.callback(process.stop)
    return process


def wait_ready(stack: Stack) -> None:
    """Until the gateway is ready and the worker has partitions. Raises Misconfigured when one has stopped."""
    for attempt in stamina.retry_context(on=(httpx.HTTPError, _NotReady), attempts=None, timeout=READY_S, wait_max=0.2):
        with attempt:
            for process, name in stack.services:
                if process and not process.running():
                    raise Misconfigured(f"the {name} stopped: {process.last_words()} (all of it: {process.log})")
            if http().get(f"{stack.gateway_admin_url}/readyz").status_code != 200:
                raise _NotReady
            if not sum(value for _, value in scrape(stack.worker_metrics_url, "junction_engine_assigned_partitions")):
                raise _NotReady


def wait_for_door(settings: Settings) -> None:
    """Until the gateway says that it is ready. Raises httpx.HTTPError when it never does."""
    for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=None, timeout=DOOR_S, wait_max=0.2):
        with attempt:
            http().get(f"http://127.0.0.1:{settings.gateway_admin_port}/readyz").raise_for_status()


class _NotReady(Exception):
    pass
