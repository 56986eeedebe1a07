"""`demo`, `up`, `gateway`, `worker`: what runs until it is told to stop."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import (
    FOR_SERVICES,
    NONE,
    SERVICES,
    START,
    AcceptOffsets,
    AsJson,
    RebuildState,
    app,
    read_settings,
)


@app.command(rich_help_panel=START)
def demo(
    once: Annotated[bool, typer.Option(help="Stop when the stream is drained; exit 0 only if all is right.")] = False,
    as_json: AsJson = False,
    users: Annotated[int, typer.Option(min=1, help="Simulated users.")] = 20,
    days: Annotated[int, typer.Option(min=1, help="Simulated days.")] = 7,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Deliveries per second; 0: as fast as it goes.")] = 0,
    history_days: Annotated[int, typer.Option(min=0, help="Days of history to fetch over the API; 0: none.")] = 90,
    keep: Annotated[Path | None, typer.Option(help="Keep Kafka's data in this folder.")] = None,
) -> None:
    """Everything on this machine: Kafka, registry, gateway, worker and a fake Junction that sends signed events.

    Example: `junction-streams demo --once --json`
    """
    from streams.demo.run import Options, run_demo

    options = Options(once, as_json, users, days, seed, rate, keep, history_days)
    raise SystemExit(run_demo(read_settings(running=NONE), options))


@app.command(rich_help_panel=START)
def up(
    data: Annotated[Path, typer.Option(help="Where Kafka and the registry keep their data.")] = Path(".state/cluster"),
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of every topic.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Kafka (real, KRaft) and the schema registry on loopback, until Ctrl-C.

    Example: `junction-streams up --data ~/kafka`. Other commands find it; programs of yours need the lines it prints.
    """
    from streams.demo.cluster.up import up as run_up

    run_up(read_settings(running=NONE), data, as_json=as_json, partitions=partitions)


@app.command(rich_help_panel=SERVICES)
def gateway() -> None:
    """The HTTP door: verifies each webhook and answers 2xx only when Kafka has it.

    Example: `STREAMS_ENDPOINTS='{"junction": ["whsec_..."]}' junction-streams gateway`, then point Junction at
    `POST /webhooks/junction`.
    """
    from connectors.webhook import run as run_gateway

    run_gateway(read_settings(running=FOR_SERVICES))


@app.command(rich_help_panel=SERVICES)
def worker(rebuild_state: RebuildState = False, accept_offsets: AcceptOffsets = False) -> None:
    """The agents: from raw topics to clean ones, exactly once. Start more of them for more throughput.

    Example: `STREAMS_WORKER_ID=w1 STREAMS_STATE_DIR=/var/lib/streams/w1 junction-streams worker`
    """
    from streams.agents.worker import run as run_worker

    run_worker(read_settings(running=FOR_SERVICES), rebuild_state=rebuild_state, accept_offsets=accept_offsets)
