"""The figures of all rates as a person reads them, and as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.load.step import Row

KNEE_P99_MS = 150.0
_TOLD = ("gateway", "worker", "kafka", "registry", "sender", "reader")


def knee(rows: Sequence[Row]) -> float | None:
    """The last rate before the first whose p99 to commit is too long; None where it is the first. Rows of one name."""
    return _last_before(rows, lambda row: row.held and row.commit.p99_ms < KNEE_P99_MS)


def ceiling(rows: Sequence[Row]) -> float | None:
    """The last rate before the first that was not held; None where it is the first. Rows of one name."""
    return _last_before(rows, lambda row: row.held)


def by_name(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of each, slowest rate first."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.rate):
        found.setdefault(row.name, []).append(row)
    return {name: found[name] for name in dict.fromkeys(row.name for row in rows)}


def _last_before(rows: Sequence[Row], is_right: Callable[[Row], bool]) -> float | None:
    found = None
    for row in rows:
        if not is_right(row):
            break
        found = row.rate
    return found


def _ends(rows: Sequence[Row]) -> str:
    """Knee and ceiling of each."""
    return "; ".join(
        f"{label(name)}: knee {_rate(knee(own))}, ceiling {_rate(ceiling(own))}" for name, own in by_name(rows).items()
    )


def line(row: Row) -> str:
    """One rate, while others are still to come."""
    return (
        f"{row.name} {row.rate:>6,.0f}/s: commit p50 {row.commit.p50_ms:.0f}, p99 {row.commit.p99_ms:.0f} ms; "
        f"CPU ms {', '.join(f'{name} {row.cpu_ms.get(name, 0):.2f}' for name in _TOLD)}; "
        f"backlog {row.backlog:,}, lost {row.lost}, others {row.others_cores:.2f}"
    )


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Every rate, knee, ceiling."""
    found = [asdict(row) for row in rows]
    for row, one in zip(rows, found, strict=True):
        one.update({name: getattr(row, name)._asdict() for name in ("reply", "commit", "reader", "alert")})
    ends = {name: {"knee": knee(own), "ceiling": ceiling(own)} for name, own in by_name(rows).items()}
    return {"load": found, "ends": ends, "cores": psutil.cpu_count()}


def text(rows: Sequence[Row]) -> str:
    """A row of the table is a rate."""
    shown = Table(
        caption=f"milliseconds from receipt; CPU in ms an event; {psutil.cpu_count()} cores, shared by all of them; "
        + _ends(rows)
    )
    titles = [
        "",
        "rate/s",
        "accepted",
        "commit p50",
        "p99",
        "p99.9",
        "reader p50",
        "p99",
        "p99.9",
        "reply p99",
        "alerts",
        "alert p99",
    ]
    titles += [f"CPU {name}" for name in _TOLD]
    titles += [
        "busy",
        "others",
        "tx/s",
        "rec/tx",
        "part/tx",
        "MB gw",
        "MB worker",
        "MB Kafka",
        "backlog",
        "lost",
        "disk B/event",
    ]
    for title in titles:
        shown.add_column(title, justify="right")
    for row in rows:
        shown.add_row(*_cells(row))
    out = StringIO()
    Console(file=out, width=240).print(shown)
    return out.getvalue().rstrip()


HEAD = (
    "| | events/s | p50 | p99 | p99.9 ms | to a reader, p99 | CPU: gateway, worker, Kafka, sender and reader "
    "| cores busy, by others | transactions/s | records, partitions in one | MB: gateway, worker, Kafka | backlog |"
)


def markdown(rows: Sequence[Row]) -> str:
    """A table as docs/performance.md has it, knee and ceiling below."""
    under = f"|---|{'---:|' * (HEAD.count('|') - 2)}"
    lines = [HEAD, under, *(f"| {' | '.join(_words(row))} |" for row in rows)]
    ends = f"{_ends(rows)}; lost {sum(row.lost for row in rows)}; bytes on disk an event: {_disk(rows[-1])}."
    return "\n".join([*lines, "", ends])


def _words(row: Row) -> list[str]:
    """Empty where nothing was measured."""
    cpu = [row.cpu_ms[name] for name in ("gateway", "worker", "kafka")]
    ends = row.cpu_ms["sender"] + row.cpu_ms["reader"]
    has_engine = row.transactions_per_s > 0
    return [
        label(row.name),
        f"{row.rate:,.0f}",
        *(f"{value:,.0f}" for value in row.commit[1:]),
        f"{row.reader.p99_ms:,.0f}" if row.reader.n else "",
        ", ".join(f"{value:.2f}" for value in (*cpu, ends)),
        f"{row.busy_cores:.2f}, {row.others_cores:.2f}",
        f"{row.transactions_per_s:.0f}" if has_engine else "",
        f"{row.records_a_transaction:,.0f}, {row.partitions_a_transaction:,.0f}" if has_engine else "",
        ", ".join(f"{row.memory_mb[name]:,.0f}" for name in ("gateway", "worker", "kafka")),
        f"{row.backlog:,}",
    ]


def label(name: str) -> str:
    """Who was measured, in words: `ours_2` is `ours, 2 workers`."""
    kind, _, count = name.partition("_")
    if not count:
        return "Go and Kafka Streams" if kind == "peer" else kind
    return f"{kind}, {count} worker{'s' * (count != '1')}"


def _cells(row: Row) -> list[str]:
    return [
        row.name,
        f"{row.rate:,.0f}",
        f"{row.accepted_per_s:,.0f}",
        *(f"{value:,.0f}" for value in row.commit[1:]),
        *(f"{value:,.0f}" for value in row.reader[1:]),
        f"{row.reply.p99_ms:,.0f}",
        f"{row.alert.n:,}",
        f"{row.alert.p99_ms:,.0f}" if row.alert.n else "",
        *(f"{row.cpu_ms.get(name, 0):.2f}" for name in _TOLD),
        f"{row.busy_cores:.2f}",
        f"{row.others_cores:.2f}",
        f"{row.transactions_per_s:.1f}",
        f"{row.records_a_transaction:,.0f}",
        f"{row.partitions_a_transaction:,.0f}",
        *(f"{row.memory_mb[name]:,.0f}" for name in ("gateway", "worker", "kafka")),
        f"{row.backlog:,}",
        f"{row.lost:,}",
        _disk(row),
    ]


def _disk(row: Row) -> str:
    return ", ".join(f"{name} {held:,}" for name, held in row.disk_bytes.items())


def _rate(rate: float | None) -> str:
    return "none" if rate is None else f"{rate:,.0f}/s"
