"""`webhooks recover`: what was missed while we were away, brought back."""

import asyncio
import signal
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.base import AsJson, moment, read_settings
from streams.cli.webhooks import WEBHOOKS_TOML, File, webhooks_app
from streams.ops.errors import Misconfigured

if TYPE_CHECKING:
    from connectors.control.recovery.run import Outcome, Recovery
    from connectors.svix.client import SvixSpan
    from streams.ops.settings import Settings


@webhooks_app.command()
def recover(
    name: Annotated[str, typer.Argument(help="Of the endpoint in webhooks.toml; needed where it has several.")] = "",
    file: File = WEBHOOKS_TOML,
    since: Annotated[
        str, typer.Option(help="2d ago, or a time; default: the longest time without a heartbeat.", show_default=False)
    ] = "",
    until: Annotated[str, typer.Option(help="Likewise; default: now.", show_default=False)] = "",
    rate: Annotated[int, typer.Option(min=1, max=65_535, help="Messages a second meanwhile, for all of it.")] = 100,
    keep_rate: Annotated[bool, typer.Option("--keep-rate", help="Leave the endpoint's rate as it is.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for arrivals, at most.")] = 900,
    reconcile: Annotated[
        bool, typer.Option(help="Compare everybody with Junction at the end, and ask for what is missing.")
    ] = True,
    only_plan: Annotated[bool, typer.Option("--plan", "--dry-run", help="Say what would be done, and end.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring back what was missed: first a plan of what brings back which events, then it is done and counted.

    With a Svix token: recover and replay-missing, in spans of 14 days, until no failure is left, at a lowered rate that
    is put back at the end (after kill -9 by the next run). Without: lab orders and the gap of wearables by Junction's
    API, the dashboard's steps for the rest, and what arrived of them.

    Exits with 1 where something cannot be brought back or still fails (checkouts, always, where there is no Svix
    token), 2 where a person has to act, 3 where a system does not answer.

    Example: `junction-streams webhooks recover --since 2d`
    """
    from connectors.control import file as files
    from connectors.control.recovery.rate_journal import RateJournal
    from connectors.control.recovery.run import Recovery, RecoverySettings
    from streams.cli.show import recovery as show

    settings, wanted = read_settings(), files.read(file)
    if not name and len(wanted.endpoints) != 1:
        raise Misconfigured(f"{file} has several endpoints: name one of {', '.join(sorted(wanted.endpoints))}")
    endpoint = wanted.endpoint(name or next(iter(wanted.endpoints)))
    span = _span(settings, since, until)
    journal = RateJournal(file.parent / f".webhooks-recover-{endpoint.name}.json")
    how = RecoverySettings(endpoint.name, endpoint.url, span, None if keep_rate else rate, journal, wait_s=wait)
    recovery = Recovery(settings, how, show.tell)
    show.print_plan(recovery, how, as_json=as_json, is_all=only_plan)
    if only_plan:
        return
    _agreed(yes=yes)
    with files.locked(file):
        outcome = asyncio.run(_run(recovery))
    show.print_outcome(recovery, how, as_json=as_json)
    is_compared = not reconcile or _compared(settings, recovery)
    raise SystemExit(1 if outcome.wrong or not is_compared else 0)


def _compared(settings: "Settings", recovery: "Recovery") -> bool:
    """Whether all could be compared; without a key nobody is, which is told."""
    from streams.cli.show import recovery as show

    if recovery.means.has_api:
        return asyncio.run(show.reconciled(settings))
    show.tell("nobody is compared with Junction: STREAMS_JUNCTION_API_KEY is not set")
    return True


def _span(settings: "Settings", since: str, until: str) -> "SvixSpan":
    from connectors.control.recovery import gap
    from connectors.svix.client import SvixSpan

    since_ms, until_ms = moment(since), moment(until)
    if since_ms is None:
        found = gap.of_heartbeats(settings)
        since_ms, until_ms = found.since_ms, found.until_ms if until_ms is None else until_ms
    if since_ms >= (time.time() * 1000 if until_ms is None else until_ms):
        raise Misconfigured("--since is not before --until" if until else "--since is not in the past")
    return SvixSpan(since_ms, until_ms)


def _agreed(*, yes: bool) -> None:
    """Raises Misconfigured where nobody agrees."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misconfigured("nothing was done: --yes does it without asking")
    if not typer.confirm("Do it?", err=True):
        raise SystemExit(0)


async def _run(recovery: "Recovery") -> "Outcome":
    """SIGTERM ends it as Ctrl-C does: the rate is put back."""
    task, is_stopped = asyncio.current_task(), asyncio.Event()

    def stop() -> None:
        is_stopped.set()
        if task is not None:
            task.cancel()

    from streams.ops.unawaited import Unawaited

    loop = asyncio.get_running_loop()
    loop.set_default_executor(Unawaited())  # whoever stops it does not wait for what arrives, up to `--wait`
    loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        return await recovery.run()
    except asyncio.CancelledError:
        if is_stopped.is_set():
            raise SystemExit(128 + signal.SIGTERM) from None
        raise
