"""`python -m tests.chaos`: scenarios one after the other, a table, an exit code: 0 right, 1 wrong, 2 misused."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.embedded import missing
from streams.errors import StreamsError
from tests.chaos import report
from tests.chaos.mutations import MUTATIONS
from tests.chaos.run import Result, run
from tests.chaos.scenario import Scenario
from tests.chaos.scenarios import SCENARIOS

SECONDS = 35.0
WIDTH = 132  # where there is no terminal: the table fits


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SCENARIO]...", help="Default: all.")] = None,
    seed: Annotated[int, typer.Option(help="Of load and faults; the same seed repeats both.")] = 1,
    seconds: Annotated[float, typer.Option(min=5, help="Of load, for each scenario.")] = SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Say what there is, do nothing.")] = False,
    logs: Annotated[Path | None, typer.Option(help="Keep the logs of all processes in this folder.")] = None,
    broken: Annotated[str, typer.Option("--break", hidden=True)] = "",
) -> None:
    """Kill things and count what is lost."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else WIDTH)
    if list_:
        for scenario in SCENARIOS.values():
            console.print(f"{scenario.name:18} {scenario.sentence}", highlight=False)
        return
    unknown = sorted({*(names or [])} - SCENARIOS.keys()) + ([broken] if broken and broken not in MUTATIONS else [])
    lacking = f"no such scenario or mutation: {', '.join(unknown)}; see --list" if unknown else missing()
    if lacking:
        console.print(lacking)
        raise typer.Exit(2)
    results = [_one(SCENARIOS[name], seed, seconds, broken, logs, console) for name in names or SCENARIOS]
    console.print(report.table(results, seed))
    for result in results:
        for line in report.details(result):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(f"repeat: python -m tests.chaos {' '.join(names or [])} --seed {seed} --seconds {seconds:g}")
    if as_json:
        print(json.dumps({"seed": seed, "scenarios": [report.as_dict(result) for result in results]}))
    raise typer.Exit(0 if all(result.is_right for result in results) else 1)


def _one(scenario: Scenario, seed: int, seconds: float, broken: str, logs: Path | None, console: Console) -> Result:
    console.rule(f"{scenario.name}: {scenario.sentence} (seed {seed})", align="left")
    if reason := scenario.skip():
        return Result(scenario.name, seed, skipped=reason)
    began_s = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began_s:6.1f}  {text}[/]", highlight=False)

    try:
        return run(scenario, seed=seed, seconds=seconds, say=say, broken=broken, logs=logs)
    except StreamsError as error:
        return Result(scenario.name, seed, failure=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    typer.run(main)
