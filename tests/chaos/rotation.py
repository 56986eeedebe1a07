"""`python -m tests.chaos.rotation [--seconds 5] [--rate 400] [--processes 1]`: secrets rotate under load.

The new secret is put before the old one, the sender goes over to it, the old one is taken out. All the time deliveries
come at a rate; none may be refused, none may lose its connection. Exit code: 0 right, 1 wrong, 2 no Kafka to run on.
"""

import asyncio
import base64
import json
import os
import secrets
import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import httpx
import stamina
import typer

from streams.demo.cluster import Cluster, missing
from streams.events.signature import Keyring
from streams.kafka import admin
from streams.ops.settings import Settings
from tests.chaos.outage.sender import Sender
from tests.chaos.outage.stage import ENDPOINT, Stage, serving

TAKEN_S = 30.0
_ASK_EVERY_S = 0.1


def made_up() -> str:
    """A secret that nobody has."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def write(file: Path, *live: str) -> None:
    """The secrets, newest first, in one step."""
    fresh = file.with_suffix(".new")
    fresh.write_text("# newest first\n" + "".join(f"{one}\n" for one in live))
    fresh.chmod(0o600)
    fresh.replace(file)


def endpoints(file: Path) -> dict[str, str]:
    """The variable of a gateway whose secrets are in the file."""
    return {"STREAMS_ENDPOINTS": json.dumps({ENDPOINT: f"file:{file}"})}


async def rotate(stage: Stage, file: Path, old: str, *, rate: float, each_s: float) -> Counter[str]:
    """How many deliveries had which answer, over a whole rotation with `each_s` of load before, between and after."""
    new = made_up()
    sender = Sender(stage.url, old, rate, seed=1)
    running = asyncio.create_task(sender.run())
    await asyncio.sleep(each_s)
    write(file, new, old)
    await _taken(stage, new, old)
    sender.secret = new
    await asyncio.sleep(each_s)
    write(file, new)
    os.kill(stage.gateway.pid, signal.SIGHUP)  # the other way to have it read
    await _taken(stage, new)
    await asyncio.sleep(each_s)
    await sender.finish(TAKEN_S)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return Counter(outcome for delivery in sender.sent for _, outcome in delivery.answers)


async def _taken(stage: Stage, *live: str) -> None:
    """Wait until the gateway has these secrets and no others. Raises TimeoutError."""
    async with asyncio.timeout(TAKEN_S), httpx.AsyncClient() as client:
        wanted = set(enumerate(Keyring.parse(live).fingerprints))
        while any(found != wanted for found in await _placed(client, stage)):  # noqa: ASYNC110  # because it is asked over HTTP
            await asyncio.sleep(_ASK_EVERY_S)


async def _placed(client: httpx.AsyncClient, stage: Stage) -> list[set[tuple[int, str]]]:
    """(position, fingerprint) of each secret, for each process of the gateway."""
    found: dict[int, set[tuple[int, str]]] = {}
    for row in (await client.get(f"{stage.admin_url}/secrets")).json():
        found.setdefault(row["process"], set()).add((row["position"], row["fingerprint"]))
    return list(found.values())


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="Of load before, between and after.")] = 5,
    rate: Annotated[float, typer.Option(min=1, help="New deliveries a second.")] = 400,
    processes: Annotated[int, typer.Option(min=1, help="STREAMS_GATEWAY_PROCESSES.")] = 1,
) -> None:
    """Rotate the secrets of a gateway under load, and count the answers."""
    if lacking := missing():
        print(lacking, file=sys.stderr)
        raise typer.Exit(2)
    stamina.instrumentation.set_on_retry_hooks([])
    old = made_up()
    with tempfile.TemporaryDirectory(prefix="junction-rotation-") as name, Cluster(registry=False) as cluster:
        settings = Settings(_env_file=None, bootstrap_servers=cluster.bootstrap_servers, partitions=4)
        admin.apply(settings)
        file = Path(name) / "secrets"
        write(file, old)
        more = endpoints(file) | {"STREAMS_GATEWAY_PROCESSES": str(processes)}
        with serving(cluster, settings, Path(name), more) as stage:
            answers = asyncio.run(rotate(stage, file, old, rate=rate, each_s=seconds))
    is_right = set(answers) == {"204"}
    print(f"{answers.total():,} deliveries over a rotation: {dict(answers)}: {'right' if is_right else 'WRONG'}")
    raise typer.Exit(0 if is_right else 1)


if __name__ == "__main__":
    typer.run(main)
