"""ReconcileSchedule: ask Junction, ask our worker, compare, tell, and ask the fetchers for what is missing.

Records and requests are published at least once: a request that comes twice joins the job of the first one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from connectors.history import fetch_requests
from connectors.history.parallel import in_order
from connectors.history.reconcile import compare, reports
from connectors.history.reconcile.compare import ReconcileVerdict, ResourceFinding
from connectors.history.reconcile.reports import ResourceReport
from connectors.junction import Client, FailureReason, Refused, iterate_pages
from streams.events import ids, topics
from streams.kafka import registry
from streams.kafka.codec import Codec
from streams.kafka.publisher import KafkaPublisher
from streams.ops import log, metrics
from streams.ops.errors import Unavailable, place
from streams.ops.settings import Settings
from streams.status import client as status
from streams.tables.history.request import Request

FLUSH_S = 10.0
USERS_MAX = 50  # of one page of introspection (domain file, 5.4)
WALKS_MAX = 20  # through all users in one run

Pair = tuple[str, str]  # provider, resource

logger = log.get("reconcile")


@dataclass(frozen=True, slots=True)
class UserReconciliation:
    """One user. `asked`: how many spans the fetchers were asked for. `trouble`: why it could not be compared, a
    constant name; then there are no findings."""

    user_id: str
    findings: list[ResourceFinding]
    asked: int = 0
    trouble: str = ""

    @property
    def is_complete(self) -> bool:
        return not self.trouble and all(finding.is_good for finding in self.findings)

    def brief(self) -> "UserReconciliation":
        """What a summary of everybody needs: 100,000 users with all that was compared would not fit."""
        kept = [_brief(one.provider, one.resource, one.verdict) for one in self.findings]
        return UserReconciliation(self.user_id, kept, self.asked, self.trouble)


@lru_cache(10_000)  # the words are few: they are those of our own lists, and of providers
def _brief(provider: str, resource: str, verdict: ReconcileVerdict) -> ResourceFinding:
    return ResourceFinding(provider, resource, verdict, ResourceReport(), 0, None)


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
            return await _one(tools, *named, fetch=fetch)
        except (Refused, status.UnexpectedAnswer, ValueError) as error:
            if user_id:
                raise
            return UserReconciliation(named[0], [], trouble=_trouble(error))  # it is the matter of this user alone

    try:
        async with aclosing(in_order(_named(client, user_id), one, _at_once(settings))) as found:
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


async def _named(client: Client, user_id: str) -> AsyncIterator[tuple[str, list[Any]]]:
    """Users as Junction names them, with what it says of their pulls.

    A run is long, and a cursor may end before it: then the walk begins anew, and passes over whom it has named.
    """
    named: set[str] = set()
    for left in range(WALKS_MAX, 0, -1):
        before = frozenset(named)
        try:
            async for page in iterate_pages(
                lambda cursor: client.historical_pulls(user_id, cursor=cursor, users_max=USERS_MAX)
            ):
                pulls = _by_user(page.data, user_id)
                for user in dict.fromkeys((user_id, *pulls)):
                    if user and user not in before:
                        named.add(user)
                        yield user, pulls.get(user, [])
            return
        except Refused as refused:
            if refused.reason is not FailureReason.CURSOR or left == 1:
                raise


async def _resources(client: Client, user_id: str) -> list[Any]:
    pages = iterate_pages(lambda cursor: client.resources(user_id, cursor=cursor))
    return [row async for page in pages for row in page.data]


def _by_user(data: list[Any], user_id: str) -> dict[str, list[Any]]:
    """Entries by user. An answer about one user need not name it."""
    users: dict[str, list[Any]] = {}
    for row in data:
        named = row.get("user_id") if type(row) is dict else None
        users.setdefault(ids.canonical(named) if type(named) is str and named else user_id, []).append(row)
    return users


async def _one(tools: ReconcileTools, user_id: str, pulls: list[Any], *, fetch: bool) -> UserReconciliation:
    """Compare, publish what was found, and, if wanted, requests for what is missing."""
    said = reports.read(pulls, await _resources(tools.junction, user_id))
    # ResourceReport is asked for before ours: what comes in between is ours too much, and never looks missing.
    rows = {(provider, resource): row for (_, provider, resource), row in said.items()}
    now_s = time.time()
    findings = _compared(rows, await tools.views.of(user_id), now_s)
    made = compare.requests(user_id, findings, now_s) if fetch else []
    await _publish(tools, [*_rows(tools, user_id, findings, made, now_s), *fetch_requests.rows(tools.settings, made)])
    return UserReconciliation(user_id, findings, len(made))


def _compared(said: dict[Pair, ResourceReport], view: dict[str, Any], now_s: float) -> list[ResourceFinding]:
    try:
        return compare.compare(said, view, now_s)
    except (LookupError, TypeError, ValueError):
        raise status.UnexpectedAnswer("the worker's answer cannot be compared: is it of another version?") from None


def _rows(
    tools: ReconcileTools, user_id: str, findings: list[ResourceFinding], made: list[Request], now_s: float
) -> Iterator[fetch_requests.Row]:
    asked = {(request.provider, request.resource) for request in made}
    topic, partition = _place(tools.settings, user_id)
    for one in findings:
        row = record_of(user_id, one, (one.provider, one.resource) in asked, now_s)
        key = topics.key_of(user_id, one.provider, one.resource)
        yield topic, key, tools.codec.encode(topics.RECONCILIATIONS, row), partition


async def _publish(tools: ReconcileTools, rows: list[fetch_requests.Row]) -> None:
    """Return when all are safe. Raises Unavailable."""
    await asyncio.gather(*(tools.publisher.publish(topic, key, value, [], at) for topic, key, value, at in rows))


def _place(settings: Settings, user_id: str) -> tuple[str, int]:
    topic = f"{settings.topic_prefix}.{topics.RECONCILIATIONS}"
    return topic, topics.partition_for(user_id, settings.partitions)


def record_of(user_id: str, one: ResourceFinding, is_asked_for: bool, now_s: float) -> dict[str, Any]:
    """One record of `junction.reconciliations`."""
    said = one.theirs
    return {
        "user_id": user_id,
        "provider": one.provider,
        "resource": one.resource,
        "verdict": one.verdict,
        "is_asked_for": is_asked_for,
        "pull_status": said.pull,
        "pull_error": said.pull_error,
        "range_start": said.start_us,
        "range_end": said.end_us,
        "days_theirs": said.days,
        "days_ours": one.days_ours,
        "newest_theirs": said.newest_us,
        "newest_ours": one.newest_us,
        "sent_theirs": said.sent,
        "backfill_status": one.backfill,
        "compared_at": int(now_s * 1000),
    }


def measure(verdicts: Mapping[ReconcileVerdict, int]) -> None:
    """The state of a whole run, for Prometheus."""
    for verdict in ReconcileVerdict:
        metrics.RECONCILED.labels(verdict).set(verdicts.get(verdict, 0))


async def all_users(settings: Settings, client: Client) -> None:
    """The scheduled run: everybody, with fetches. What does not answer is tried again at the next one."""
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
