"""One record of the `alerts` topic, before it is encoded."""

from typing import Any

from streams.alerts.episodes import Resolution
from streams.alerts.lives.alert import Alert, Evidence, Life, Transition
from streams.alerts.lives.user import User
from streams.alerts.rules import Rule


def alert_record(user_id: str, user: User, rule: Rule, transition: Transition, now_ms: int) -> dict[str, Any]:
    """Times of the alert are those of the data; `at` is when the worker emits it. Values and bounds only on request."""
    life, alert = transition
    return {
        "id": alert.id,
        "revision": alert.revision,
        "life": life,
        "resolution": alert.resolution,
        "user_id": user_id,
        "client_user_id": user.client_user_id or None,
        "team_id": user.team_id or None,
        "rule": rule.name,
        "kind": rule.kind,
        "severity": rule.severity,
        "summary": rule.summary,
        "link": rule.link or None,
        "resource": rule.topic,
        "field": rule.field or None,
        "unit": (rule.unit or None) if rule.field else None,
        "subject": alert.subject,
        "first_at": alert.first_us,
        "opened_at": alert.opened_us,
        "resolved_at": alert.ended_us if life is Life.RESOLVED else None,
        "stale_at": _stale_us(rule, life, alert),
        "at": now_ms,
        "bound": alert.bound if rule.has_values else None,
        "evidence": [_evidence_record(rule, evidence) for evidence in alert.evidence],
    }


def _stale_us(rule: Rule, life: Life, alert: Alert) -> int:
    """From this time on the news is too old to notify anybody: a replay, or a long outage, is not an alarm."""
    ended_us = alert.ended_us if life is Life.RESOLVED and alert.resolution is not Resolution.CORRECTED else None
    return max(ended_us or 0, alert.opened_us, alert.reminded_us) + rule.max_age_us


def _evidence_record(rule: Rule, evidence: Evidence) -> dict[str, Any]:
    source = evidence.provenance
    return {
        "time": evidence.time_us,
        "provider": source.provider,
        "source_type": source.source_type,
        "entity": source.entity,
        "raw_topic": source.raw_topic,
        "raw_partition": source.raw_partition,
        "raw_offset": source.raw_offset,
        "value": evidence.value if rule.has_values else None,
    }
