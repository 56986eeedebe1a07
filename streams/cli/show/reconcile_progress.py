"""The run of `reconcile`, with its progress on stderr where that is a terminal."""

from contextlib import aclosing

from connectors.history.reconcile.findings import UserReconciliation
from connectors.history.reconcile.reconciler import reconcile
from connectors.junction import open_client
from streams.cli.show.progress import progress
from streams.ops.settings import Settings


async def reconcile_users(settings: Settings, user_id: str, *, fetch: bool) -> list[UserReconciliation]:
    """One user in full, or all of them in brief where `user_id` is empty. Raises Misconfigured, Unavailable."""
    settings.need_kafka()
    found: list[UserReconciliation] = []
    with progress("asking Junction") as tell:
        async with open_client(settings) as client, aclosing(reconcile(settings, client, user_id, fetch=fetch)) as all_:
            async for one in all_:
                found.append(one if user_id else one.brief())
                tell(f"{len(found):,} users compared")
    return found
