"""`webhooks plan`, `webhooks list`, `webhooks adopt`: what differs at Junction, what there is, whose it is."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.base import NONE, AsJson, read_settings
from streams.cli.webhooks import WEBHOOKS_TOML, File, webhooks_app
from streams.cli.webhooks_guided import guide
from streams.ops.errors import Misconfigured

if TYPE_CHECKING:
    from connectors.control.file import WebhooksFile
    from connectors.control.plan import Plan
    from streams.ops.settings import Settings


@webhooks_app.command()
def plan(
    file: File = WEBHOOKS_TOML,
    out: Annotated[
        Path | None, typer.Option(help="Keep the plan, without secrets, for `apply --plan`.", show_default=False)
    ] = None,
    resend_headers: Annotated[
        bool, typer.Option("--resend-headers", help="As if headers whose values Junction hides had changed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What differs between webhooks.toml and Junction, field by field. Changes nothing.

    Without a management key: the steps in Junction's dashboard, and what can be seen of their effect.

    Exits with 0 where nothing is to be done, 2 where something is, 1 for an error, 3 where Junction does not answer.

    Example: `junction-streams webhooks plan --out webhooks.plan`
    """
    try:
        code = _plan(file, out, resend_headers=resend_headers, as_json=as_json)
    except Misconfigured as error:  # elsewhere 2; here that is "something is to be done", as terraform has it
        from streams.ops.terminal import say

        say(f"junction-streams: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    raise SystemExit(code)


def _plan(path: Path, out: Path | None, *, resend_headers: bool, as_json: bool) -> int:
    from connectors.control import file as files
    from connectors.control import plan_file
    from connectors.control.cases import Case, case_of
    from streams.cli.show import webhooks as show

    settings = read_settings(running=NONE)
    wanted = files.read(path)
    show.print_case(case_of(settings), as_json=as_json)
    if case_of(settings) is Case.DASHBOARD:
        return guide(settings, wanted, as_json=as_json)
    made = asyncio.run(_made(settings, wanted, resend_headers=resend_headers))
    show.print_plan(made, as_json=as_json)
    if out is not None:
        plan_file.write(made, out)
    return 0 if made.is_empty else 2


async def _made(settings: "Settings", wanted: "WebhooksFile", *, resend_headers: bool) -> "Plan":
    from connectors.control import plan as plans
    from connectors.junction.webhook_api import open_webhooks

    async with open_webhooks(settings, wanted.team) as api:
        found = await plans.look(api)
    return plans.make(wanted, found, wanted.team.filled(settings), resend_headers=resend_headers)


@webhooks_app.command("list")
def list_(file: File = WEBHOOKS_TOML, as_json: AsJson = False) -> None:
    """All endpoints that Junction has for the team: whose, where to, what comes, at which rate.

    Without a webhooks.toml it is the team of the settings.

    Example: `junction-streams webhooks list`
    """
    from connectors.control import file as files
    from connectors.control.cases import case_of
    from connectors.junction.webhook_api import TeamPlace, Webhook, open_webhooks
    from streams.cli.show import webhooks as show

    settings = read_settings(running=NONE)
    is_there = file != WEBHOOKS_TOML or file.exists()
    place = files.read(file).team if is_there else TeamPlace()

    async def read() -> tuple[Webhook, ...]:
        async with open_webhooks(settings, place) as api:
            return await api.list()

    show.print_case(case_of(settings), as_json=as_json)
    show.print_list(asyncio.run(read()), as_json=as_json)


@webhooks_app.command()
def adopt(
    id: Annotated[str, typer.Argument(metavar="ID", help="Of the endpoint: ep_...")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="[endpoint.NAME] of webhooks.toml.")],
    file: File = WEBHOOKS_TOML,
) -> None:
    """Take over an endpoint that somebody made by hand: its description gets our tag, and no more is changed.

    `plan` then shows what differs from webhooks.toml.

    Example: `junction-streams webhooks adopt ep_2yZp8Q0exampleQ1w2E3r4T5y6U junction`
    """
    from connectors.control import adopt as adopting
    from connectors.control import file as files
    from connectors.control.cases import case_of
    from connectors.junction.webhook_api import open_webhooks
    from streams.cli.show import webhooks as show
    from streams.ops.terminal import say

    settings = read_settings(running=NONE)
    wanted = files.read(file)
    wanted.endpoint(name)
    show.print_case(case_of(settings))

    async def take() -> bool:
        async with open_webhooks(settings, wanted.team) as api:
            return await adopting.adopt(api, id, name)

    done = asyncio.run(take())
    say(f"{id} is ours now, as {name}: `junction-streams webhooks plan` shows what differs" if done
        else f"{id} is ours already, as {name}; nothing was sent")  # fmt: skip
