"""Alerts with their records and deliveries, read from their topics, for `alerts list` and `alerts show`."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from streams.events import ids, owner_in, partition_for, topics
from streams.kafka.reader import Reader
from streams.ops.settings import Settings

Json = dict[str, Any]


@dataclass
class AlertHistory:
    """One alert. `steps`: its records by revision, the last one is current. `deliveries`: sorted by time."""

    steps: list[Json] = field(default_factory=list)
    deliveries: list[Json] = field(default_factory=list)

    @property
    def last(self) -> Json:
        return self.steps[-1]

    @property
    def is_open(self) -> bool:
        return bool(self.last["life"] != "resolved")


def read(
    settings: Settings, wanted: Callable[[str], bool] = lambda id: True, *, user_id: str = ""
) -> dict[str, AlertHistory]:
    """By id. Repeated records of a revision (a replay) count once. Raises Unavailable, Misconfigured."""
    alerts: dict[str, AlertHistory] = {}
    # Before the alerts: a delivery is newer than its step, so each that is read finds its step below.
    deliveries = _records(settings, topics.ALERT_DELIVERIES, user_id)
    for one in _records(settings, topics.ALERTS, user_id):
        if wanted(one["id"]):
            alert = alerts.setdefault(one["id"], AlertHistory())
            if all(step["revision"] != one["revision"] for step in alert.steps):
                alert.steps.append(one)
                alert.steps.sort(key=lambda step: step["revision"])
    for one in deliveries:
        if one["alert_id"] in alerts:
            alerts[one["alert_id"]].deliveries.append(one)
    for alert in alerts.values():
        alert.deliveries.sort(key=lambda one: (one["at"], one["attempt"]))
    return alerts


def _records(settings: Settings, topic: str, user_id: str) -> list[Json]:
    """All records of a topic until now, or those of one user."""
    user_id = ids.canonical(user_id)
    partitions = {partition_for(user_id, settings.partitions)} if user_id else None
    reader = Reader(settings, [f"{settings.topic_prefix}.{topic}"], from_beginning=True, partitions=partitions)
    with closing(reader):
        found = reader.records(lambda key: not user_id or owner_in(key) == user_id)
        return [one.record for one in found if one.record is not None]
