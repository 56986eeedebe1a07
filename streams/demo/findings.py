"""What the demo found, compared with the truth."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.demo.letters import Letters
from streams.demo.lineage.check import Traces
from streams.demo.rights.matrix import Trial, counts
from streams.demo.score import Score
from streams.simulator.delivery.courier import Tally
from streams.simulator.truth.alarms import Comparison
from streams.simulator.truth.report import Report

if TYPE_CHECKING:  # because psycopg may not be installed
    from streams.demo.sink.check import TableFindings


class Findings(NamedTuple):
    """What the run is compared with."""

    report: Report
    alerts: Comparison
    letters: Letters
    tables: "TableFindings | None" = None
    rights: Sequence[Trial] = ()
    traces: Traces | None = None

    @property
    def is_right(self) -> bool:
        are_tables_right = self.tables is None or self.tables.is_right
        are_rights_right = all(one.is_right for one in self.rights)
        are_traces_right = self.traces is None or self.traces.is_right
        is_stream_right = self.report.is_right and self.alerts.is_right and self.letters.is_right
        return is_stream_right and are_tables_right and are_rights_right and are_traces_right


def summary(score: Score, found: Findings) -> dict[str, Any]:
    """The object of `--json`."""
    report, alerts, left, tables, rights, traces = found
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
        **({"tables": tables.as_json()} if tables else {}),
        **({"rights": counts(rights)} if rights else {}),
        **({"traces": traces.as_json()} if traces else {}),
    }
