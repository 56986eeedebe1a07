"""`reconcile`: the command."""

import sys
from contextlib import aclosing

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.history.reconcile.reconciler import UserReconciliation, reconcile
from connectors.history.reconcile.show import show, summary
from connectors.junction import open_client
from streams.ops import terminal
from streams.ops.settings import Settings

NAMED_MAX = 20


async def run(settings: Settings, user_id: str, *, fetch: bool, as_json: bool) -> int:
    """Exit code: 0 when nothing is missing. Raises Misconfigured, Unavailable."""
    settings.need_kafka()
    found: list[UserReconciliation] = []
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("asking Junction")
        async with open_client(settings) as client, aclosing(reconcile(settings, client, user_id, fetch=fetch)) as all_:
            async for one in all_:
                found.append(one if user_id else one.brief())
                progress.update(task, description=f"{len(found):,} users compared")
    if user_id:
        for one in found:
            show(one, machine=as_json)
    else:
        summary(found, machine=as_json)
        _tell_troubles(found)
    return int(not all(one.is_complete for one in found))


def _tell_troubles(found: list[UserReconciliation]) -> None:
    """On stderr: who could not be compared, and why."""
    troubles = [one for one in found if one.trouble]
    if troubles:
        terminal.say(f"{len(troubles):,} users could not be compared:", file=sys.stderr)
    for one in troubles[:NAMED_MAX]:
        terminal.say(f"  {one.user_id}  {one.trouble}", file=sys.stderr)
