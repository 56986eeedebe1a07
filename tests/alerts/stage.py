"""A watch without Kafka: tables are dicts, each record and each look at the timers is a transaction of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.alerts.evaluation.evaluator import RuleEvaluator
from streams.alerts.lives.timers import GRACE_MS, TABLE
from streams.alerts.rules.parser import rules_of
from streams.alerts.rules.rule_set import RuleSet
from streams.events.times import MINUTE_US
from streams.tables.draft import Draft
from streams.tables.overlay import Rows

USER = "5f0c2c0e-9c3b-4b8e-8f0a-1d2f3a4b5c6d"
T0_US = 1_780_488_000_000_000  # 2026-06-03T12:00:00Z
MINUTE_MS = MINUTE_US // 1000


def at(minutes: float) -> int:
    """µs of a moment, counted from T0."""
    return T0_US + round(minutes * MINUTE_US)


def head(delivered_us: int, **more: Any) -> dict[str, Any]:
    """What every clean record of data has. `offset`, `provider`, `origin` and `user_id` may be given."""
    more = dict(more)
    offset, origin = more.pop("offset", 1), more.pop("origin", "incremental")
    provider, kind = more.pop("provider", "dexcom_v3"), more.pop("source_type", "unknown")
    return {
        "user_id": USER,
        "client_user_id": "patient-1",
        "team_id": None,
        "source": {"provider": provider, "type": kind},
        "delivery": {
            "id": f"msg_{offset}", "origin": origin, "backfill_id": None, "raw_topic": "junction.raw.timeseries",
            "raw_partition": 0, "raw_offset": offset, "received_at": delivered_us // 1000,
        },
        "version": {"updated_at": None, "delivered_at": delivered_us // 1000, "content_hash": 0},
        "is_floating_time": False,
        "timezone_offset_s": None,
        **more,
    }  # fmt: skip


def samples(
    points: Iterable[tuple[float, float]],
    *,
    late_min: float = 1,
    unit: str = "mmol/L",
    delivered_us: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """A clean record of a series: (minutes after T0, value). It comes `late_min` after its last sample."""
    rows = sorted(points)
    times = [at(minutes) for minutes, _ in rows]
    record = head(delivered_us or times[-1] + round(late_min * MINUTE_US), **{"type": None, **more})
    return {**record, "unit": unit, "times": times, "ends": [], "values": [value for _, value in rows]}


@dataclass
class Stage:
    """`alerts`: what left, in order. `rules`: as plain values, like the tables of a file."""

    rules: Sequence[dict[str, Any]]
    table: dict[bytes, bytes] = field(default_factory=dict)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    now_us: int = T0_US

    def __post_init__(self) -> None:
        self.watch = RuleEvaluator(
            lambda draft, user, rule, record: draft.emit("alerts", f"{user}:{rule}".encode(), record)
        )  # type: ignore[arg-type]  # because nobody decodes it here
        self.use(self.rules)

    def use(self, rules: Sequence[dict[str, Any]]) -> None:
        """Other rules, as when the file has changed."""
        self.watch.replace_rules(RuleSet.of(rules_of(list(rules))))

    def draft(self, now_us: int) -> Draft:
        draft = Draft(lambda table, key: self.table.get(key), 0, now_us // 1000, self._scan)
        draft.complete_ms = draft.now_ms
        return draft

    def _scan(self, table: str, start: bytes, stop: bytes) -> Rows:
        assert table == TABLE
        return iter(sorted((key, value) for key, value in self.table.items() if start <= key < stop))

    def commit(self, draft: Draft) -> list[dict[str, Any]]:
        for key, value in draft.tables.get(TABLE, {}).items():
            if value is None:
                self.table.pop(key, None)
            else:
                self.table[key] = value
        told: list[dict[str, Any]] = [emit.value for emit in draft.emits]  # type: ignore[misc]  # because the stage does not encode
        self.alerts += told
        return told

    def see(self, topic: str, record: dict[str, Any]) -> list[dict[str, Any]]:
        """A clean record comes; answers the alerts that leave."""
        at_ms = record.get("delivery", {}).get("received_at") or record.get("last_event_at") or record["progress_at"]
        self.now_us = max(self.now_us, at_ms * 1000)
        draft = self.draft(self.now_us)
        self.watch.evaluate_record(draft, topic, record)
        return self.commit(draft)

    def wait(self, minutes: float) -> list[dict[str, Any]]:
        """Time passes, timers are looked at once."""
        self.now_us += round(minutes * MINUTE_US)
        draft = self.draft(self.now_us + GRACE_MS * 1000)
        self.watch.punctuate(draft)
        return self.commit(draft)

    def lives(self) -> list[tuple[str, str, str | None]]:
        """(rule, life, how) of everything that left."""
        return [(one["rule"], str(one["life"]), one["resolution"] and str(one["resolution"])) for one in self.alerts]

    def standing(self) -> list[tuple[Any, ...]]:
        """What is true in the end: of each alert that was not taken back its rule, times and evidence.

        Evidence by time and source: two deliveries that say the same of a sample are equally good.
        """
        last = {one["id"]: one for one in self.alerts}
        return sorted(
            (one["rule"], one["subject"], one["first_at"], one["opened_at"], one["resolved_at"] or 0,
             str(one["resolution"]),
             [(proof["time"], proof["provider"], proof["source_type"], proof["value"]) for proof in one["evidence"]])
            for one in last.values()
            if one["resolution"] != "corrected"
        )  # fmt: skip


LOW = {
    "name": "glucose-low", "kind": "threshold", "resource": "glucose", "below": "3.9 mmol/L",
    "clear_above": "4.4 mmol/L", "samples": 2, "within": "15m",
}  # fmt: skip
