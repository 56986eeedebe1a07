"""Results as a table for people and as JSON for machines."""

from collections.abc import Mapping
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.table import Table

from tests.chaos.run import Result

COLUMNS = ("accepted", "faults", "checked", "lost", "repeated", "wrong", "disorder", "stuck", "recovery s", "s")


def as_dict(result: Result) -> dict[str, Any]:
    """One scenario, for `--json`."""
    return asdict(result) | {"is_right": result.is_right}


def as_json(by_seed: Mapping[int, list[Result]], *, is_loaded: bool) -> dict[str, Any]:
    """All that was run."""
    seeds = [{"seed": seed, "scenarios": [as_dict(result) for result in results]} for seed, results in by_seed.items()]
    return {"load": is_loaded, "seeds": seeds}


def line(result: Result) -> str:
    """What became of one scenario, as soon as it is over."""
    if result.skipped or result.failure:
        return f"{result.name}, seed {result.seed}: {_row(result)[-1]}"
    row = dict(zip(COLUMNS, _row(result)[1:-1], strict=True))
    said = ", ".join(f"{name} {value}" for name, value in row.items())
    return f"{result.name}, seed {result.seed}: {_row(result)[-1]}: {said}"


def table(results: list[Result], seed: int, *, is_loaded: bool = False) -> Table:
    """One row a scenario."""
    title = f"chaos, seed {seed}, --load: beside busy processes" if is_loaded else f"chaos, seed {seed}"
    made = Table(title=title, title_justify="left")
    made.add_column("scenario")
    for name in COLUMNS:
        made.add_column(name, justify="right")
    made.add_column("")
    for result in results:
        made.add_row(*_row(result))
    return made


def _row(result: Result) -> list[str]:
    if result.skipped or result.failure:
        return [
            result.name,
            *[""] * len(COLUMNS),
            f"skipped {result.skipped}" if result.skipped else f"[red]{result.failure}[/]",
        ]
    found = result.findings
    counts = (found.lost + result.undelivered, found.repeated, found.wrong, found.disordered)
    stuck = result.stuck + len(result.hanging) + result.unrecovered
    checked = sum(found.checked.get(what, 0) for what in ("facts", "clean records", "rows", "rows in PostgreSQL"))
    return [
        result.name,
        f"{result.accepted:,}",
        str(result.faults),
        f"{checked:,}",
        *(_marked(n) for n in (*counts, stuck)),
        _times(result.recovery_s),
        f"{result.seconds:.0f}",
        "[green]right[/]" if result.is_right else "[bold red]WRONG[/]",
    ]


def _marked(n: int) -> str:
    return f"[bold red]{n:,}[/]" if n else "0"


def _times(seconds: list[float]) -> str:
    return f"{median(seconds):.1f} / {max(seconds):.1f}" if seconds else "-"


def details(result: Result) -> list[str]:
    """What the row has no room for."""
    lines = [f"  {result.calls}"] if result.calls else []
    lines += [f"  {n} x {said}" for said, n in result.restarts.items()]
    lines += [f"  napped at {name}: {n} times, not reached: {never}" for name, (n, never) in result.naps.items()]
    lines += [f"  held back by an unfinished transaction: {place}" for place in result.hanging]
    lines += [f"  {example}" for example in result.findings.examples]
    if result.unconfirmed:
        lines.append(f"  {result.unconfirmed} records were stored whose reply the sender never saw; it sent them again")
    if result.undelivered:
        lines.append(f"  {result.undelivered} deliveries were never accepted")
    if result.stuck:
        lines.append(f"  {result.stuck} records were not committed in time")
    return [f"{result.name}:", *lines] if lines else []
