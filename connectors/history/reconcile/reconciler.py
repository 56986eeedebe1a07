"""Reconciling one user: ask Junction and our worker, compare, report, and ask the fetchers for what is missing.

Records and requests are published at least once; a repeated request joins the job of the first one.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from connectors.history.fetch_requests import Row, request_rows
from connectors.history.parallel import map_in_order
from connectors.history.reconcile import compare, reports
from connectors.history.reconcile.findings import ResourceFinding, UserReconciliation
from connectors.history.reconcile.junction_users import resources_of, users_with_pulls
from connectors.history.reconcile.missing import requests_for
from connectors.history.reconcile.records import reconciliation_rows
from connectors.history.reconcile.reports import ResourceReport
from connectors.junction import Client, Refused
from streams.events import ids
from streams.kafka import registry
from streams.kafka.codec import Codec
from streams.kafka.publisher import KafkaPublisher
from streams.ops import log
from streams.ops.errors import place
from streams.ops.settings import Settings
from streams.status import client as status

FLUSH_S = 10.0

Pair = tuple[str, str]  # provider, resource

logger = log.get("reconcile")


class ReconcileTools:
    """What a run works with, made once for all its users: a client for workers, a producer, the schemas' ids."""

    def __init__(self, settings: Settings, junction: Client, codec: Codec) -> None:
        self.settings, self.junction, self.codec = settings, junction, codec
        self.views, self.publisher = status.Views(settings), KafkaPublisher(settings)

    async def close(self) -> None:
        await self.views.close()
        await self.publisher.close(FLUSH_S)


async def reconcile(
    settings: Settings, client: Client, user_id: str, *, fetch: bool
) -> AsyncGenerator[UserReconciliation]:
    """One user, or all of them where `user_id` is empty, in the order in which Junction names them.

    Several at once; how many calls a second that are is the client's to say. Close it (`aclosing`) where it is left
    early. Raises Unavailable, Misconfigured.
    """
    user_id = ids.canonical(user_id)
    tools = ReconcileTools(settings, client, Codec(await asyncio.to_thread(registry.resolve, settings)))

    async def one(named: tuple[str, list[Any]]) -> UserReconciliation:
        try:
            return await _reconcile_one(tools, *named, fetch=fetch)
        except (Refused, status.UnexpectedAnswer, ValueError) as error:
            if user_id:
                raise
            return UserReconciliation(named[0], [], trouble=_trouble(error))  # it is the matter of this user alone

    try:
        async with aclosing(map_in_order(users_with_pulls(client, user_id), one, _at_once(settings))) as found:
            async for reconciled in found:
                yield reconciled
    finally:
        await tools.close()


def _trouble(error: Exception) -> str:
    """A constant name, and a line in the log that says where."""
    reason = str(error.reason) if isinstance(error, Refused) else "strange_answer"
    logger.warning("not_compared", reason=reason, error=type(error).__name__, at=place(error))
    return reason


def _at_once(settings: Settings) -> int:
    """Users under way: while calls are made for some, workers are asked about others, and records are stored."""
    return 2 * settings.junction_requests_at_once


async def _reconcile_one(tools: ReconcileTools, user_id: str, pulls: list[Any], *, fetch: bool) -> UserReconciliation:
    """Compare, then publish the findings and, with `fetch`, requests for what is missing."""
    # Junction is asked before our worker: what is delivered in between is then ours too, and never looks missing.
    found = reports.read(pulls, await resources_of(tools.junction, user_id))
    by_pair = {(provider, resource): report for (_, provider, resource), report in found.items()}
    now_s = time.time()
    findings = _compared(by_pair, await tools.views.of(user_id), now_s)
    asked = requests_for(user_id, findings, now_s) if fetch else []
    settings = tools.settings
    rows = [
        *reconciliation_rows(settings, tools.codec, user_id, findings, asked, now_s),
        *request_rows(settings.topic_prefix, settings.partitions, asked),
    ]
    await _publish(tools, rows)
    return UserReconciliation(user_id, findings, len(asked))


def _compared(found: Mapping[Pair, ResourceReport], view: dict[str, Any], now_s: float) -> list[ResourceFinding]:
    try:
        return compare.compare(found, view, now_s)
    except (LookupError, TypeError, ValueError):
        raise status.UnexpectedAnswer("the worker's answer cannot be compared: is it of another version?") from None


async def _publish(tools: ReconcileTools, rows: list[Row]) -> None:
    """Return when all are safe. Raises Unavailable."""
    await asyncio.gather(*(tools.publisher.publish(topic, key, value, [], at) for topic, key, value, at in rows))
