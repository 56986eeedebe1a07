"""Steps behind the data: alerts that name a delivery as evidence, and each attempt to bring them. Pure."""

from collections.abc import Iterator

from streams.lineage.delivery.door_steps import arrivals_of
from streams.lineage.delivery.facts import DeliveryFacts, known
from streams.lineage.known import AlertAttempt, AlertSeen
from streams.lineage.telling import StoryStep


def steps(facts: DeliveryFacts) -> Iterator[StoryStep]:
    """Alerts in order, each with its attempts behind it; then rules that it moved and that do not name it."""
    alerts = sorted(known(facts.alerts), key=lambda one: (one.at_ms, one.alert_id, one.revision))
    for one in alerts:
        yield _alert(one)
        yield from (_attempt(one, attempt) for attempt in sorted(one.attempts, key=lambda row: row.at_ms))
    told = {(one.rule, one.life) for one in alerts}
    moved = dict.fromkeys(step for one in arrivals_of(facts) if one.row for step in one.row.alerts)
    for step in moved:
        if (step.rule, step.step) not in told:
            words = f"it moved an alert of the rule {step.rule}: {step.step}"
            yield StoryStep(kind="moved", sentence=words, facts={"rule": step.rule, "life": step.step})


def _alert(one: AlertSeen) -> StoryStep:
    return StoryStep(
        kind="alert",
        sentence=f"an alert of the rule {one.rule} ({one.severity}) names it as evidence: {one.life}",
        at_ms=one.at_ms,
        evidence=(f"alert {one.alert_id} revision {one.revision}",),
        facts={
            "alert_id": one.alert_id,
            "revision": one.revision,
            "rule": one.rule,
            "severity": one.severity,
            "life": one.life,
        },
    )


def _attempt(one: AlertSeen, attempt: AlertAttempt) -> StoryStep:
    why = f" ({attempt.reason})" if attempt.reason else ""
    number = f"attempt {attempt.attempt} to bring it" if attempt.attempt else "bringing it"
    return StoryStep(
        kind="alert_attempt",
        sentence=f"{number} to {attempt.receiver}: {attempt.status}{why}",
        at_ms=attempt.at_ms,
        facts={
            "alert_id": one.alert_id,
            "revision": one.revision,
            "receiver": attempt.receiver,
            "status": attempt.status,
            "reason": attempt.reason,
            "attempt": attempt.attempt,
        },
    )
