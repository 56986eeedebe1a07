"""`webhooks apply`: Junction is made as webhooks.toml says."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.base import NONE, read_settings
from streams.cli.webhooks import WEBHOOKS_TOML, File, webhooks_app
from streams.cli.webhooks_guided import guide

if TYPE_CHECKING:
    from connectors.control.apply import Allowed
    from connectors.control.file import WebhooksFile
    from streams.ops.settings import Settings


@webhooks_app.command()
def apply(
    file: File = WEBHOOKS_TOML,
    planned: Annotated[
        Path | None,
        typer.Option("--plan", help="Only what this file of `plan --out` says; refused if it is not so any more."),
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete endpoints of ours that are not in the file.")
    ] = False,
    disable_last: Annotated[
        bool, typer.Option("--disable-last", help="Also if no endpoint of the team is left that is sent to.")
    ] = False,
    despite_probe: Annotated[
        bool, typer.Option("--despite-probe", help="Also if the probe of a new URL fails, or cannot be signed.")
    ] = False,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out event types that Junction does not know.")
    ] = False,
    resend_headers: Annotated[
        bool, typer.Option("--resend-headers", help="Send headers whose values Junction hides, whatever they are.")
    ] = False,
) -> None:
    """Make Junction as webhooks.toml says: read again, change the fields that differ, read back.

    A new URL is probed before Junction is told of it. May be stopped and run again at any time: it goes on. Without a
    management key: the steps in Junction's dashboard, and what can be seen of their effect.

    Exits with 0 where all is as it is wanted, 1 where something is left, 2 where a person has to act.

    Example: `junction-streams webhooks apply --plan webhooks.plan`
    """
    from connectors.control import file as files
    from connectors.control.apply import Allowed
    from connectors.control.cases import Case, case_of
    from connectors.control.plan import Flag
    from streams.cli.show import webhooks as show

    settings = read_settings(running=NONE)
    wanted = files.read(file)
    show.print_case(case_of(settings))
    if case_of(settings) is Case.DASHBOARD:
        raise SystemExit(guide(settings, wanted))
    flags = {flag for flag, is_given in ((Flag.DELETE, delete), (Flag.DISABLE_LAST, disable_last)) if is_given}
    allowed = Allowed(frozenset(flags), despite_probe, skip_unknown, resend_headers)
    with files.locked(file):
        is_right = asyncio.run(_apply(settings, wanted, allowed, planned))
    if not is_right:
        raise SystemExit(1)


async def _apply(settings: "Settings", wanted: "WebhooksFile", allowed: "Allowed", planned: Path | None) -> bool:
    """Whether all is as it is wanted."""
    from connectors.control import apply as applying
    from connectors.control.proving import Prover
    from connectors.junction.webhook_api import open_webhooks
    from streams.cli.show import webhooks as show

    is_right = True
    async with open_webhooks(settings, wanted.team) as api:
        place = wanted.team.filled(settings)
        async for done in applying.apply(api, wanted, place, Prover(settings).prove, allowed, planned):
            show.print_applied(done)
            is_right = is_right and done.is_right
    return is_right
