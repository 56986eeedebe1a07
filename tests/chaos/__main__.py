"""`python -m tests.chaos`: scenarios one after the other, a line for each when it ends, a table for each seed, an exit
code: 0 right, 1 wrong, 2 misused."""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import stamina
import typer
from rich.console import Console

from streams.demo.cluster import missing
from streams.ops.errors import StreamsError
from tests.chaos import report, sink
from tests.chaos.busy import busy
from tests.chaos.mutations import MUTATIONS
from tests.chaos.run import Result, run
from tests.chaos.scenario import Scenario
from tests.chaos.scenarios import ALONE, SCENARIOS

KNOWN = SCENARIOS | ALONE
SECONDS = 35.0
WIDTH = 132  # where there is no terminal: the table fits


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SCENARIO]...", help="Default: all.")] = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(help="Of load and faults; the same seed repeats both. May be given several times. Default: 1."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=5, help="Of load, for each scenario.")] = SECONDS,
    load: Annotated[bool, typer.Option("--load", help="Beside busy processes, one a core.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Say what there is, do nothing.")] = False,
    logs: Annotated[Path | None, typer.Option(help="Keep the logs of all processes in this folder.")] = None,
    broken: Annotated[str, typer.Option("--break", hidden=True)] = "",
) -> None:
    """Kill things and count what is lost."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else WIDTH)
    if list_:
        for scenario in (*SCENARIOS.values(), *ALONE.values()):
            console.print(f"{scenario.name:28} {scenario.sentence}", highlight=False)
        return
    is_odd = broken and broken not in MUTATIONS | sink.MUTATIONS
    unknown = sorted({*(names or [])} - KNOWN.keys()) + ([broken] if is_odd else [])
    lacking = f"no such scenario or mutation: {', '.join(unknown)}; see --list" if unknown else missing()
    if lacking:
        console.print(lacking)
        raise typer.Exit(2)
    stamina.instrumentation.set_on_retry_hooks([])  # because a gateway takes its second to start
    how, by_seed = How(seconds, broken, logs, console, is_loaded=load), {}
    for number in seed or [1]:
        by_seed[number] = _all(names or list(SCENARIOS), number, how)
        console.print(report.table(by_seed[number], number, is_loaded=load))
        for result in by_seed[number]:
            _say_details(console, result)
    console.print(f"repeat: python -m tests.chaos {_words(names or [], list(by_seed), how)}")
    if as_json:
        print(json.dumps(report.as_json(by_seed, is_loaded=load)))
    raise typer.Exit(0 if all(result.is_right for results in by_seed.values() for result in results) else 1)


@dataclass(frozen=True)
class How:
    """What is the same for every scenario and every seed."""

    seconds: float
    broken: str
    logs: Path | None
    console: Console
    is_loaded: bool


def _words(names: list[str], seeds: list[int], how: How) -> str:
    flags = [
        *(f"--seed {seed}" for seed in seeds),
        f"--seconds {how.seconds:g}",
        *(["--load"] if how.is_loaded else []),
    ]
    return " ".join([*names, *flags])


def _all(names: list[str], seed: int, how: How) -> list[Result]:
    """Each scenario, and what became of it as soon as it has ended: a run that breaks has shown what it found."""
    results = []
    for name in names:
        with busy(is_wanted=how.is_loaded):
            results.append(_one(KNOWN[name], seed, how))
        how.console.print(report.line(results[-1]), highlight=False, soft_wrap=True)
        if not results[-1].is_right:
            _say_details(how.console, results[-1])
    return results


def _say_details(console: Console, result: Result) -> None:
    for line in report.details(result):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _one(scenario: Scenario, seed: int, how: How) -> Result:
    how.console.rule(f"{scenario.name}: {scenario.sentence} (seed {seed})", align="left")
    if reason := scenario.skip():
        return Result(scenario.name, seed, skipped=reason)
    began_s = time.monotonic()

    def say(text: str) -> None:
        how.console.print(f"[dim]{time.monotonic() - began_s:6.1f}  {text}[/]", highlight=False)

    try:
        return run(scenario, seed=seed, seconds=how.seconds, say=say, broken=how.broken, logs=how.logs)
    except StreamsError as error:
        return Result(scenario.name, seed, failure=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    typer.run(main)
