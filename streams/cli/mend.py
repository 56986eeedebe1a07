"""Under "Set up and mend": `fetch`. `dead-letters`, `topics` and `schemas` have their own files."""

from datetime import datetime
from typing import Annotated

import typer

from streams.cli.base import MEND, AsJson, app, read_settings


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
    from connectors.history.user_fetch import request_user_fetch
    from streams.cli.show.fetch import print_requests

    requests = request_user_fetch(read_settings(), user, provider or [], resource or [], start, end)
    print_requests(requests, as_json=as_json)
