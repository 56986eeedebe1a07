"""One record of the `alerts` topic. Values and bounds are in it only where the rule says so."""

from typing import Any

from streams.alerts.episodes.episode import Resolution
from streams.alerts.lives.alert import Alert, Evidence, Life, Transition
from streams.alerts.lives.user import User
from streams.alerts.rules.rule import Rule


def alert_record(user_id: str, user: User, rule: Rule, transition: Transition, now_ms: int) -> dict[str, Any]:
    """Times of the alert are those of the data; `at` is when the worker said it."""
    life, told = transition
    return {
        "id": told.id,
        "revision": told.revision,
        "life": life,
        "resolution": told.how,
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
        "subject": told.subject,
        "first_at": told.first_us,
        "opened_at": told.opened_us,
        "resolved_at": told.ended_us if life is Life.RESOLVED else None,
        "stale_at": _stale_us(rule, life, told),
        "at": now_ms,
        "bound": told.bound if rule.has_values else None,
        "evidence": [_proof(rule, proof) for proof in told.proofs],
    }


def _stale_us(rule: Rule, life: Life, told: Alert) -> int:
    """After this time the news is too old to wake anybody: a replay, or a long outage, is not an alarm."""
    ended_us = told.ended_us if life is Life.RESOLVED and told.how is not Resolution.CORRECTED else None
    return max(ended_us or 0, told.opened_us, told.reminded_us) + rule.max_age_us


def _proof(rule: Rule, proof: Evidence) -> dict[str, Any]:
    said = proof.evidence
    return {
        "time": proof.time_us,
        "provider": said.provider,
        "source_type": said.source_type,
        "entity": said.entity,
        "raw_topic": said.raw_topic,
        "raw_partition": said.raw_partition,
        "raw_offset": said.raw_offset,
        "value": proof.value if rule.has_values else None,
    }
