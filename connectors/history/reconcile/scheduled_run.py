"""A run over all users, as the fetchers make it on a schedule."""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing

from connectors.history.reconcile.findings import ReconcileVerdict
from connectors.history.reconcile.reconciler import reconcile
from connectors.junction import Client
from streams.ops import log, metrics
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

logger = log.get("reconcile")


def measure(verdicts: Mapping[ReconcileVerdict, int]) -> None:
    """Set the metric to the counts of a whole run."""
    for verdict in ReconcileVerdict:
        metrics.RECONCILED.labels(verdict).set(verdicts.get(verdict, 0))


async def reconcile_all(settings: Settings, client: Client) -> None:
    """Reconcile all users and request what is missing. Where a system does not answer, the next run tries again."""
    began_s, users, asked, troubles, verdicts = time.monotonic(), 0, 0, 0, Counter[ReconcileVerdict]()
    try:
        async with aclosing(reconcile(settings, client, "", fetch=True)) as found:
            async for one in found:
                users, asked, troubles = users + 1, asked + one.asked, troubles + bool(one.trouble)
                verdicts.update(finding.verdict for finding in one.findings)
    except Unavailable as error:
        logger.warning("not_finished", why=str(error), users=users)
        return
    measure(verdicts)
    logger.info(
        "reconciled", users=users, asked=asked, not_compared=troubles, seconds=round(time.monotonic() - began_s, 1)
    )
