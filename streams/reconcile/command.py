"""`reconcile`: the command."""

from contextlib import aclosing

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from streams.junction import open_client
from streams.reconcile.run import Reconciled, reconcile
from streams.reconcile.show import show, summary
from streams.settings import Settings


async def run(settings: Settings, user_id: str, *, fetch: bool, as_json: bool) -> int:
    """Exit code: 0 when nothing is missing. Raises Misconfigured, Unavailable."""
    settings.need_kafka()
    found: list[Reconciled] = []
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
    return 0 if all(finding.is_good for one in found for finding in one.findings) else 1
