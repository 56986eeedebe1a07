"""The run of `reconcile`, with its progress on stderr where that is a terminal."""

from contextlib import aclosing

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.history.reconcile.findings import UserReconciliation
from connectors.history.reconcile.reconciler import reconcile
from connectors.junction import open_client
from streams.ops.settings import Settings


async def reconcile_users(settings: Settings, user_id: str, *, fetch: bool) -> list[UserReconciliation]:
    """One user in full, or all of them in brief where `user_id` is empty. Raises Misconfigured, Unavailable."""
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
    return found
