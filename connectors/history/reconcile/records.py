"""Findings as records of `junction.reconciliations`. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from connectors.history.fetch_requests import Row
from connectors.history.reconcile.findings import ResourceFinding
from streams.events import key_of, partition_for, topics
from streams.kafka.codec import Codec
from streams.ops.settings import Settings
from streams.tables.history import Request


def reconciliation_rows(
    settings: Settings,
    codec: Codec,
    user_id: str,
    findings: Iterable[ResourceFinding],
    asked: Iterable[Request],
    now_s: float,
) -> Iterator[Row]:
    """A record a finding, in the user's partition. `asked`: the requests that were made for some of them."""
    pairs = {(request.provider, request.resource) for request in asked}
    topic = f"{settings.topic_prefix}.{topics.RECONCILIATIONS}"
    partition = partition_for(user_id, settings.partitions)
    for one in findings:
        record = record_of(user_id, one, (one.provider, one.resource) in pairs, now_s)
        key = key_of(user_id, one.provider, one.resource)
        yield topic, key, codec.encode(topics.RECONCILIATIONS, record), partition


def record_of(user_id: str, one: ResourceFinding, is_asked_for: bool, now_s: float) -> dict[str, Any]:
    """One record of `junction.reconciliations`."""
    report = one.report
    return {
        "user_id": user_id,
        "provider": one.provider,
        "resource": one.resource,
        "verdict": one.verdict,
        "is_asked_for": is_asked_for,
        "pull_status": report.pull,
        "pull_error": report.pull_error,
        "range_start": report.start_us,
        "range_end": report.end_us,
        "days_theirs": report.days,
        "days_ours": one.days_ours,
        "newest_theirs": report.newest_us,
        "newest_ours": one.newest_us,
        "sent_theirs": report.sent,
        "backfill_status": one.backfill,
        "compared_at": int(now_s * 1000),
    }
