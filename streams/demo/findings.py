"""What the demo found, compared with the truth."""

from collections import Counter
from typing import Any, NamedTuple

from streams.demo.letters import Letters
from streams.demo.score import Score
from streams.simulator.delivery.courier import Tally
from streams.simulator.truth.alarms import Comparison
from streams.simulator.truth.report import Report


class Findings(NamedTuple):
    """What the run is compared with."""

    report: Report
    alerts: Comparison
    letters: Letters

    @property
    def is_right(self) -> bool:
        return self.report.is_right and self.alerts.is_right and self.letters.is_right


def summary(score: Score, found: Findings) -> dict[str, Any]:
    """The object of `--json`."""
    report, alerts, left = found
    tally = score.tally or Tally()
    verdicts: Counter[str] = Counter()
    for row in (score.verdicts or {}).values():
        verdicts.update(row)
    return {
        "sent": tally.sent,
        "accepted": tally.accepted,
        "raw_records": score.raw_records,
        "verdicts": dict(verdicts),
        "clean_records": score.clean_records,
        "lost": report.lost,
        "repeated": report.repeated,
        "wrong": report.wrong,
        "unexpected": report.unexpected,
        "checked": report.checked,
        "dead_letters": {"expected": len(left.expected), "lost": len(left.lost), "unexpected": len(left.unexpected)},
        "alerts": {"expected": len(alerts.stories), "lost": len(alerts.lost), "unexpected": len(alerts.unexpected)},
        "latency_ms": {"p50": score.p50_ms, "p99": score.p99_ms},
        "seconds": round(score.seconds, 1),
        **({"history": score.history.as_json()} if score.history else {}),
    }
