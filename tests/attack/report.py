"""Results as a table for people and as JSON for machines."""

from typing import Any

from rich.table import Table

from tests.attack.run import Result
from tests.attack.verdict import listed, problems, warnings_of

COLUMNS = (
    "good",
    "refused",
    "lost",
    "p50 ms",
    "p99 ms",
    "quiet p99",
    "RSS MiB",
    "files",
    "CPU",
    "strangers were answered",
)


def table(results: list[Result], quiet_p99_ms: float) -> Table:
    """One row an attack. RSS and files: before, at most, after."""
    made = Table(title=f"attacks; p99 in quiet {quiet_p99_ms:.1f} ms", title_justify="left")
    made.add_column("attack", no_wrap=True)
    for name in COLUMNS:
        made.add_column(name, justify="left" if name == COLUMNS[-1] else "right")
    made.add_column("")
    for result in results:
        made.add_row(*_row(result), "[bold red]WRONG[/]" if problems(result, quiet_p99_ms) else "[green]right[/]")
    return made


def _row(result: Result) -> list[str]:
    during = result.during
    readings = (result.before, result.peak, result.rest)
    return [
        title(result),
        f"{during.sent:,}",
        f"{during.sent - during.statuses['204']:,}",
        f"{result.lost:,}",
        f"{during.percentile_ms(0.5):.1f}",
        f"{during.percentile_ms(0.99):.1f}",
        f"{result.quiet.percentile_ms(0.99):.1f}",
        " ".join(f"{one.rss_mib:.0f}" for one in readings),
        " ".join(str(one.files) for one in readings),
        f"{result.cpu:.2f}",
        listed(result.stranger.get("answers", {})) or f"{len(result.forms)} forms",
    ]


def title(result: Result) -> str:
    """`silent`, `silent (nginx)`."""
    return result.name if result.place.value == "direct" else f"{result.name} ({result.place.value})"


def details(result: Result, quiet_p99_ms: float) -> list[str]:
    """What is wrong, and what the gateway said."""
    lines = [f"  WRONG: {problem}" for problem in problems(result, quiet_p99_ms)]
    lines += [f"  log: {n} x {said}" for said, n in list(warnings_of(result.log).items())[:12]]
    return [f"{title(result)}:", *lines] if lines else []


def as_json(results: list[Result], quiet_p99_ms: float) -> dict[str, Any]:
    """All that was found."""
    return {"quiet_p99_ms": quiet_p99_ms, "attacks": [_as_dict(result, quiet_p99_ms) for result in results]}


def _as_dict(result: Result, quiet_p99_ms: float) -> dict[str, Any]:
    phases = {"quiet": result.quiet, "during": result.during, "after": result.after}
    readings = {"before": result.before, "peak": result.peak, "rest": result.rest}
    return {
        "attack": result.name,
        "place": result.place.value,
        "good": {
            name: {
                "sent": phase.sent,
                "answers": dict(phase.statuses),
                "p50_ms": phase.percentile_ms(0.5),
                "p99_ms": phase.percentile_ms(0.99),
                "max_ms": phase.percentile_ms(1.0),
            }
            for name, phase in phases.items()
        },
        "lost": result.lost,
        "strange": result.strange,
        "gateway": {name: {"rss_mib": one.rss_mib, "files": one.files} for name, one in readings.items()},
        "cpu": result.cpu,
        "strangers": result.stranger,
        "forms": {one.form: one.said for one in result.forms},
        "log": warnings_of(result.log),
        "problems": problems(result, quiet_p99_ms),
    }
