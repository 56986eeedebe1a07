"""The drift report: findings of an event, counted in the table of drift and emitted to its topic."""

from hashlib import blake2b
from itertools import islice

from streams.agents.steps.incoming import Incoming
from streams.events import topics
from streams.payloads import OVERFLOW, Finding, Findings, drift
from streams.tables import Draft, DriftCount, drift_counts

FINDINGS_MAX = 50  # of one event: thousands of unknown names in a body are no more news than these
ITEMS_MAX = 200  # distinct ones of a raw topic and partition; further ones are counted together
_ITEMS, _HASHED = b"items:", b"word:"


def note(incoming: Incoming, findings: Findings) -> None:
    """Count each finding, and emit what is new of it. An event without findings costs this call."""
    for finding in islice(findings, FINDINGS_MAX):
        incoming.draft.count("drift", finding.kind)
        _note(incoming, finding)


def _note(incoming: Incoming, finding: Finding) -> None:
    draft, delivery = incoming.draft, incoming.delivery
    key = row_key(finding)
    row = drift_counts.decode(draft.get("drift", key)) or _of_before(incoming, finding)
    if row is None and not _has_room(draft, delivery.topic):
        finding = Finding(OVERFLOW, delivery.topic.removeprefix(f"{incoming.outlet.prefix}."), "", "")
        key = row_key(finding)
        row = drift_counts.decode(draft.get("drift", key))
    after = drift_counts.seen(row, delivery.at_ms, delivery.offset, incoming.event.owner_id)
    if after is not None:
        draft.put("drift", key, drift_counts.encode(after))
    now = after or row
    if finding.is_private and not (now and now.is_common):
        _note(incoming, finding.redacted)
    elif after is not None:
        incoming.emit(topics.DRIFT, finding.key, _record(incoming, finding, after))


def row_key(finding: Finding) -> bytes:
    """Where a finding is counted. Words that may be private are not kept in tables either: changelogs have no end."""
    return _HASHED + blake2b(finding.key, digest_size=12).hexdigest().encode() if finding.is_private else finding.key


def _of_before(incoming: Incoming, finding: Finding) -> DriftCount | None:
    """The row of an older version, which kept and emitted every word. Row and record are deleted, its count is not."""
    draft = incoming.draft
    old = drift_counts.decode(draft.get("drift", finding.key)) if finding.is_private else None
    if old is not None:
        draft.put("drift", finding.key, None)
        draft.emit(f"{incoming.outlet.prefix}.{topics.DRIFT}", finding.key, None)
    return old


def _has_room(draft: Draft, raw_topic: str) -> bool:
    """Whether one more item of this raw topic may have a row; takes the room."""
    key = _ITEMS + raw_topic.encode()
    items = int(draft.get("drift", key) or b"0")
    if items < ITEMS_MAX:
        draft.put("drift", key, b"%d" % (items + 1))
    return items < ITEMS_MAX


def _record(incoming: Incoming, finding: Finding, row: DriftCount) -> dict[str, object]:
    delivery = incoming.delivery
    return {
        **finding._asdict(),
        "first_seen_at": row.first_ms,
        "last_seen_at": row.last_ms,
        "count": row.events,
        "event_type": drift.word(incoming.event.type.text),
        "raw_topic": delivery.topic,
        "raw_partition": delivery.partition,
        "raw_offset": delivery.offset,
    }
