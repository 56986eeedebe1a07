"""`python -m tests.chaos.outage`: a table over time, a verdict, an exit code: 0 right, 1 wrong, 2 misused."""

import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import stamina
import typer
from rich.console import Console
from rich.table import Table

from streams.demo.cluster import missing
from tests.chaos.outage.run import Plan, run
from tests.chaos.outage.samples import Sample, Samples
from tests.chaos.outage.stage import ACTS, set_up
from tests.chaos.outage.verdict import Verdict, judge, stored

WIDTH = 132
LINES_MAX = 30


def main(
    act: Annotated[str, typer.Argument(help=" | ".join(ACTS))] = "stop",
    seconds: Annotated[float, typer.Option(min=3, help="How long the outage lasts.")] = 120,
    rate: Annotated[float, typer.Option(min=1, help="New deliveries a second.")] = 400,
    queue_mib: Annotated[int, typer.Option(min=1, help="STREAMS_PUBLISH_QUEUE_BYTES_MAX, in MiB.")] = 64,
    processes: Annotated[int, typer.Option(min=1, help="STREAMS_GATEWAY_PROCESSES.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the load.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
) -> None:
    """Take Kafka, or processes of the gateway, away from deliveries under way, and count."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else WIDTH)
    lacking = f"no such act: {act}; one of {', '.join(ACTS)}" if act not in ACTS else missing()
    if lacking:
        console.print(lacking)
        raise typer.Exit(2)
    stamina.instrumentation.set_on_retry_hooks([])
    with tempfile.TemporaryDirectory(prefix="junction-outage-") as name, set_up(queue_mib, processes, Path(name)) as on:
        samples = asyncio.run(run(on, Plan(act, seconds, rate, seed)))
        verdict = judge(samples.sender.sent, stored(on.settings))
    is_right = verdict.is_right(may_be_cut=act == "gateway")
    figures = _figures(samples, verdict)
    console.print(_table(samples))
    for key, value in figures.items():
        console.print(f"{key:24} {value}", highlight=False)
    console.print("right" if is_right else "WRONG")
    if as_json:
        print(json.dumps({"is_right": is_right, **figures, "samples": [asdict(row) for row in samples.rows]}))
    raise typer.Exit(0 if is_right else 1)


def _figures(samples: Samples, verdict: Verdict) -> dict[str, Any]:
    rss = [row.rss_mib for row in samples.rows]
    before = [row.rss_mib for row in samples.rows if row.at_s < samples.marks["begin"]]
    return asdict(verdict) | {
        "refused_for_overload": samples.overload,
        "outage_s": round(samples.marks["end"] - samples.marks["begin"], 1),
        "red_after_s": _rounded(samples.after("begin", is_ready=False)),
        "ready_after_s": _rounded(samples.after("end", is_ready=True)),
        "rss_mib": {"before": round(max(before)), "most": round(max(rss)), "at the end": round(rss[-1])},
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _table(samples: Samples) -> Table:
    """Some thirty lines over the whole time, answers summed between them."""
    table = Table(caption="s: since the outage began")
    for name in ("s", "ready", "204/s", "503/s", "others/s", "waiting", "RSS MiB", "open files"):
        table.add_column(name, justify="right")
    step = max(1, len(samples.rows) // LINES_MAX)
    for begin in range(0, len(samples.rows), step):
        table.add_row(*_row(samples.rows[begin : begin + step], samples.marks["begin"]))
    return table


def _row(rows: list[Sample], begin_s: float) -> list[str]:
    last = rows[-1]

    def a_second(*wanted: str) -> str:
        return f"{sum(row.answers.get(one, 0) for row in rows for one in wanted) / len(rows):.0f}"

    others = {answer for row in rows for answer in row.answers} - {"204", "503"}
    return [
        *(f"{last.at_s - begin_s:.0f}", "yes" if all(row.is_ready for row in rows) else "no"),
        *(a_second("204"), a_second("503"), a_second(*others)),
        *(f"{last.waiting:,}", f"{last.rss_mib:.0f}", f"{last.open_files}"),
    ]


if __name__ == "__main__":
    typer.run(main)
