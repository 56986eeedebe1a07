"""`fetcher`, `fetch`, `status`: the history of users, and what is known of one of them."""

from datetime import datetime
from typing import Annotated

import typer

from streams.cli.base import FOR_SERVICES, LOOK, MEND, SERVICES, AcceptOffsets, AsJson, RebuildState, app, read_settings


@app.command(rich_help_panel=SERVICES)
def fetcher(rebuild_state: RebuildState = False, accept_offsets: AcceptOffsets = False) -> None:
    """Fetches the history that Junction has pulled, page by page, each page exactly once. Start as many as you like.

    Example: `STREAMS_JUNCTION_API_KEY=sk_eu_... STREAMS_JUNCTION_REGION=eu junction-streams fetcher`
    """
    from connectors.history.fetcher import run as run_fetcher

    run_fetcher(read_settings(running=FOR_SERVICES), rebuild_state=rebuild_state, accept_offsets=accept_offsets)


@app.command(rich_help_panel=MEND)
def fetch(
    user: Annotated[str, typer.Option(help="User id.")],
    provider: Annotated[list[str] | None, typer.Option(help="Only these providers; default: all connected.")] = None,
    resource: Annotated[list[str] | None, typer.Option(help="Only these; default: all that are available.")] = None,
    start: Annotated[datetime | None, typer.Option("--from", help="Default: 30 days before --to.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", help="Default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the fetchers for a span of one user's data; what is known already changes nothing.

    Example: `junction-streams fetch --user 5f0c2c0e-... --provider oura --resource sleep --from 2026-05-01`
    """
    from connectors.history.fetch_requests import ask, show

    show(ask(read_settings(), user, provider or [], resource or [], start, end), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def status(
    user: Annotated[str, typer.Argument(help="User id.")],
    as_json: AsJson = False,
) -> None:
    """Connections, history and freshness of one user, from the worker that owns it.

    Example: `STREAMS_QUERY_PORT=8070 junction-streams status 5f0c2c0e-...`
    """
    from streams.cli.show.status import print_status
    from streams.status.client import ask

    print_status(ask(read_settings(), user), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def reconcile(
    user: Annotated[str, typer.Option(help="One user: prints a certificate of completeness.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Every user that Junction names.")] = False,
    fetch: Annotated[bool, typer.Option(help="Ask the fetchers for what is missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """What Junction says that it has, against what we have; exits with 1 when something is missing.

    Example: `junction-streams reconcile --user 5f0c2c0e-... --fetch`
    """
    import asyncio

    from connectors.history.reconcile.command import run
    from streams.ops.errors import Misconfigured

    if bool(user) == everybody:
        raise Misconfigured("name a user with --user, or ask for --all")
    raise SystemExit(asyncio.run(run(read_settings(), user, fetch=fetch, as_json=as_json)))
