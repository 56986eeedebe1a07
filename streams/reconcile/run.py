"""Reconciling: ask Junction, ask our worker, compare, tell, and ask the fetchers for what is missing.

Records and requests are published at least once: a request that comes twice joins the job of the first one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from streams import ask, log, metrics, registry, status, topics
from streams.codec import Codec
from streams.errors import Unavailable
from streams.junction import Client, walk
from streams.reconcile import compare, theirs
from streams.reconcile.compare import Finding, Verdict
from streams.reconcile.theirs import Theirs
from streams.settings import Settings

USERS_MAX = 50  # of one page of introspection (domain file, 5.4)

Pair = tuple[str, str]  # provider, resource

logger = log.get("reconcile")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One user. `asked`: how many spans the fetchers were asked for."""

    user_id: str
    findings: list[Finding]
    asked: int = 0


async def reconcile(settings: Settings, client: Client, user_id: str, *, fetch: bool) -> AsyncIterator[Reconciled]:
    """One user, or all of them where `user_id` is empty, as Junction names them. Raises Unavailable, Misconfigured."""
    codec = Codec(registry.resolve(settings))
    async for page in walk(lambda cursor: client.historical_pulls(user_id, cursor=cursor, users_max=USERS_MAX)):
        pulls = {user: rows for user, rows in _by_user(page.data, user_id).items() if user}
        for user in {user_id, *pulls} - {""}:
            said = theirs.read(pulls.get(user, []), await _resources(client, user))
            # Theirs is asked for before ours: what comes in between is ours too much, and never looks missing.
            rows = {(provider, resource): row for (_, provider, resource), row in said.items()}
            yield await asyncio.to_thread(_one, settings, codec, user, rows, fetch)


async def _resources(client: Client, user_id: str) -> list[Any]:
    pages = walk(lambda cursor: client.resources(user_id, cursor=cursor))
    return [row async for page in pages for row in page.data]


def _by_user(data: list[Any], user_id: str) -> dict[str, list[Any]]:
    """Entries by user. An answer about one user need not name it."""
    users: dict[str, list[Any]] = {}
    for row in data:
        named = row.get("user_id") if type(row) is dict else None
        users.setdefault(named if type(named) is str and named else user_id, []).append(row)
    return users


def _one(settings: Settings, codec: Codec, user_id: str, said: dict[Pair, Theirs], fetch: bool) -> Reconciled:
    """Compare, publish what was found, and, if wanted, requests for what is missing."""
    now_s = time.time()
    findings = compare.compare(said, status.ask(settings, user_id), now_s)
    made = compare.requests(user_id, findings, now_s) if fetch else []
    asked = {(request.provider, request.resource) for request in made}
    topic, partition = _place(settings, user_id)
    rows = []
    for one in findings:
        row = record_of(user_id, one, (one.provider, one.resource) in asked, now_s)
        key = f"{user_id}:{one.provider}:{one.resource}".encode()
        rows.append((topic, key, codec.encode(topics.RECONCILIATIONS, row), partition))
    ask.publish(settings, [*rows, *ask.rows(settings, made)])
    return Reconciled(user_id, findings, len(made))


def _place(settings: Settings, user_id: str) -> tuple[str, int]:
    topic = f"{settings.topic_prefix}.{topics.RECONCILIATIONS}"
    return topic, topics.partition_for(user_id, settings.partitions)


def record_of(user_id: str, one: Finding, is_asked_for: bool, now_s: float) -> dict[str, Any]:
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


def measure(all_: Iterable[Reconciled]) -> None:
    """The state of a whole run, for Prometheus."""
    counts = dict.fromkeys(Verdict, 0)
    for one in all_:
        for finding in one.findings:
            counts[finding.verdict] += 1
    for verdict, n in counts.items():
        metrics.RECONCILED.labels(verdict).set(n)


async def all_users(settings: Settings, client: Client) -> None:
    """The scheduled run: everybody, with fetches. What does not answer is tried again at the next one."""
    began_s, done = time.monotonic(), list[Reconciled]()
    try:
        async for one in reconcile(settings, client, "", fetch=True):
            done.append(one)
    except Unavailable as error:
        logger.warning("not_finished", why=str(error), users=len(done))
        return
    measure(done)
    asked = sum(one.asked for one in done)
    logger.info("reconciled", users=len(done), asked=asked, seconds=round(time.monotonic() - began_s, 1))
