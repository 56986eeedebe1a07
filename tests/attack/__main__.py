"""`python -m tests.attack`: attacks one after the other, a line for each when it ends, a table, an exit code: 0 the
gateway stood, 1 it did not, 2 misused."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.demo.cluster import Cluster, missing
from streams.kafka import admin
from tests.attack import report
from tests.attack.attacks import ATTACKS, BOTH, SMUGGLING, Place
from tests.attack.run import Result, run, sentence_of
from tests.attack.stage import missing_nginx, settings_for
from tests.attack.verdict import quiet_ms

SECONDS = 14.0  # longer than a slow body may take
WIDTH = 170  # where there is no terminal: the table fits
NAMES = [*ATTACKS, SMUGGLING]


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ATTACK]...", help="Default: all.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="The same, may be given several times.")] = None,
    place: Annotated[Place | None, typer.Option(help="At the gateway itself, or through nginx. Default: both.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Of each attack.")] = SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Say what there is, do nothing.")] = False,
) -> None:
    """What a stranger can do to the gateway while good deliveries go on."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else WIDTH)
    if list_:
        for name in NAMES:
            console.print(f"{name:20} {sentence_of(name)}", highlight=False)
        return
    wanted = [*(names or []), *(only or [])] or NAMES
    unknown = sorted({*wanted} - {*NAMES})
    if lacking := (f"no such attack: {', '.join(unknown)}; see --list" if unknown else missing()):
        console.print(lacking)
        raise typer.Exit(2)
    if place is not Place.DIRECT and (reason := missing_nginx()):
        console.print(f"skipped behind nginx: {reason}")
        place = Place.DIRECT
    results = _all([(name, at) for name in wanted for at in places(name) if place in (None, at)], seconds, console)
    if not results:
        console.print("nothing to run there")
        raise typer.Exit(2)
    quiet_p99_ms = quiet_ms(results)
    console.print(report.table(results, quiet_p99_ms))
    for result in results:
        for line in report.details(result, quiet_p99_ms):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    found = report.as_json(results, quiet_p99_ms)
    if as_json:
        print(json.dumps(found))
    raise typer.Exit(1 if any(one["problems"] for one in found["attacks"]) else 0)


def places(name: str) -> tuple[Place, ...]:
    """Where an attack is made."""
    return BOTH if name == SMUGGLING else ATTACKS[name].places


def _all(todo: list[tuple[str, Place]], seconds: float, console: Console) -> list[Result]:
    results: list[Result] = []
    with Cluster(registry=False) as cluster, tempfile.TemporaryDirectory() as folder:
        for name, place in todo:
            settings = settings_for(cluster.bootstrap_servers, is_mock=False)
            admin.apply(settings)
            try:
                results.append(run(name, place, settings, Path(folder), seconds))
            except KeyboardInterrupt:  # what is done by then is shown
                break
            lines = report.details(results[-1], results[-1].quiet.percentile_ms(0.99))
            console.print("\n".join(lines or [f"{report.title(results[-1])}: right"]), markup=False, soft_wrap=True)
    return results


if __name__ == "__main__":
    typer.run(main)
