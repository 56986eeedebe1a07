"""Under "Services": `gateway`, `worker`, `notify`, `fetcher`. Each runs until SIGTERM or Ctrl-C."""

from typing import Annotated

import typer

from streams.cli.base import FOR_SERVICES, SERVICES, AcceptOffsets, RebuildState, app, read_settings


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
    from streams.ops.numbered import numbered

    with numbered(read_settings(running=FOR_SERVICES)) as settings:
        run_worker(settings, rebuild_state=rebuild_state, accept_offsets=accept_offsets)


@app.command(rich_help_panel=SERVICES)
def notify(
    once: Annotated[bool, typer.Option(help="Stop when all alerts that are there are delivered or given up.")] = False,
) -> None:
    """Bring alerts to webhooks, Alertmanager or the log, with retries and a record of each attempt.

    Example: `STREAMS_NOTIFY_RECEIVERS='{"clinic": {"kind": "webhook", "url": "https://...", "secret": "whsec_..."}}'
    junction-streams notify`
    """
    from connectors.receivers.notifier import run

    run(read_settings(), once=once)


@app.command(rich_help_panel=SERVICES)
def fetcher(rebuild_state: RebuildState = False, accept_offsets: AcceptOffsets = False) -> None:
    """Fetches the history that Junction has pulled, page by page, each page exactly once. Start as many as you like.

    Example: `STREAMS_JUNCTION_API_KEY=sk_eu_... STREAMS_JUNCTION_REGION=eu junction-streams fetcher`
    """
    from connectors.history.fetcher.service import run as run_fetcher
    from streams.ops.numbered import numbered

    with numbered(read_settings(running=FOR_SERVICES)) as settings:
        run_fetcher(settings, rebuild_state=rebuild_state, accept_offsets=accept_offsets)
