"""All folds of a worker, and what it does between records."""

from streams.agents import backfills, connections, labs, other, progress, summaries, timeseries
from streams.agents.alerts import Alerts
from streams.agents.steps.folding import fold_of
from streams.agents.steps.outlet import Outlet
from streams.agents.sweeps import outage
from streams.agents.sweeps.census import Census
from streams.agents.sweeps.expiry import Expiry
from streams.events import Record, topics
from streams.kafka.codec import Codec
from streams.tables import ASIDE, Draft, Fold, Policy, Punctuation

_AGENTS = {
    "raw.connections": connections.AGENT,
    "raw.backfills": backfills.AGENT,
    "raw.summaries": summaries.AGENT,
    "raw.timeseries": timeseries.AGENT,
    "raw.labs": labs.AGENT,
    "raw.other": other.AGENT,
}


def punctuation(prefix: str, alerts: Alerts | None = None, policy: Policy | None = None) -> Punctuation:
    """What the engine calls between records, for each partition about once a second."""
    expiry, census = Expiry((policy or Policy()).window_days), Census()

    def punctuate(draft: Draft) -> None:
        outage.punctuate(draft, prefix)
        if alerts is not None:
            alerts.punctuate(draft)
        expiry.punctuate(draft)
        census.punctuate(draft)

    return punctuate


def folds(codec: Codec, prefix: str, alerts: Alerts | None = None, policy: Policy | None = None) -> dict[str, Fold]:
    """The fold of each source topic, by the topic's short name. `prefix`: of the clean topics."""
    alerts, policy = alerts or Alerts(codec, prefix), policy or Policy()
    outlet = Outlet(codec, prefix)
    made = {topic: fold_of(topic, agent, outlet, policy) for topic, agent in _AGENTS.items()}
    made[topics.FETCH_PROGRESS] = _aside(progress.fold_of(outlet))
    evaluated = {topic: alerts.with_rules(fold) for topic, fold in made.items()}
    return evaluated | {topics.ALERT_THRESHOLDS: _aside(alerts.fold_threshold)}


def _aside(fold: Fold) -> Fold:
    """A fold of records that are no events: what it emits is of no delivery."""

    def fold_aside(record: Record, draft: Draft) -> None:
        draft.note(ASIDE)
        fold(record, draft)

    return fold_aside
