"""The drift report: what an event's findings do to the table of drift and to its topic."""

from hashlib import blake2b
from itertools import islice

from streams.agents.steps.common_fields import Delivered, Outlet
from streams.events import topics
from streams.payloads import drift
from streams.payloads.drift import OVERFLOW, Finding, Findings
from streams.payloads.envelope import Event
from streams.tables import drift_counts
from streams.tables.draft import Draft
from streams.tables.drift_counts import DriftCount

FINDINGS_MAX = 50  # of one event; a body of thousands of unknown names has said enough by then
ITEMS_MAX = 200  # distinct ones of a raw topic and partition; further ones are counted together
_ITEMS, _HASHED = b"items:", b"word:"


def note(draft: Draft, outlet: Outlet, event: Event, how: Delivered, findings: Findings) -> None:
    """Count each finding, and tell what is new of it. An event without findings costs this call."""
    for finding in islice(findings, FINDINGS_MAX):
        draft.count("drift", finding.kind)
        _note(draft, outlet, event, how, finding)


def _note(draft: Draft, outlet: Outlet, event: Event, how: Delivered, finding: Finding) -> None:
    key = row_key(finding)
    row = drift_counts.decode(draft.get("drift", key)) or _of_before(draft, outlet, finding)
    if row is None and not _has_room(draft, how.topic):
        finding = Finding(OVERFLOW, _short(how.topic, outlet.prefix), "", "")
        key = row_key(finding)
        row = drift_counts.decode(draft.get("drift", key))
    after = drift_counts.seen(row, how.at_ms, how.offset, event.owner_id)
    if after is not None:
        draft.put("drift", key, drift_counts.encode(after))
    now = after or row
    if finding.is_private and not (now and now.is_common):
        _note(draft, outlet, event, how, finding.unsaid)
    elif after is not None:
        outlet.emit(draft, topics.DRIFT, finding.key, _record(event, how, finding, after))


def row_key(finding: Finding) -> bytes:
    """Where a finding is counted. Words that may be private are not kept in tables either: changelogs have no end."""
    return _HASHED + blake2b(finding.key, digest_size=12).hexdigest().encode() if finding.is_private else finding.key


def _of_before(draft: Draft, outlet: Outlet, finding: Finding) -> DriftCount | None:
    """The row of a build that kept and told every word. Both are taken back; how often it was seen still counts."""
    old = drift_counts.decode(draft.get("drift", finding.key)) if finding.is_private else None
    if old is not None:
        draft.put("drift", finding.key, None)
        draft.emit(f"{outlet.prefix}.{topics.DRIFT}", finding.key, None)
    return old


def _has_room(draft: Draft, raw_topic: str) -> bool:
    """Whether one more item of this raw topic may have a row; takes the room."""
    key = _ITEMS + raw_topic.encode()
    items = int(draft.get("drift", key) or b"0")
    if items < ITEMS_MAX:
        draft.put("drift", key, b"%d" % (items + 1))
    return items < ITEMS_MAX


def _short(topic: str, prefix: str) -> str:
    return topic.removeprefix(f"{prefix}.")


def _record(event: Event, how: Delivered, finding: Finding, row: DriftCount) -> dict[str, object]:
    return {
        **finding._asdict(),
        "first_seen_at": row.first_ms,
        "last_seen_at": row.last_ms,
        "count": row.events,
        "event_type": drift.word(event.type.text),
        "raw_topic": how.topic,
        "raw_partition": how.partition,
        "raw_offset": how.offset,
    }
