"""`python -m tests.chaos.doors`: a line a scene and door, an exit code: 0 right, 1 wrong, 2 misused."""

import json
import logging
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import stamina
import typer
from rich.console import Console
from rich.table import Table

from streams.demo.cluster import Cluster, missing
from streams.ops.settings import Settings
from tests.chaos.doors.acts import LEASE_S, SCENES
from tests.chaos.doors.azure import HubsPipeline
from tests.chaos.doors.google import PubSubPipeline
from tests.chaos.doors.pipeline import Pipeline
from tests.chaos.doors.rabbit import RabbitPipeline
from tests.chaos.doors.run import DoorResult, run

# Each takes how long a message may be held, in seconds; 0 for its own default.
PIPELINES: dict[str, Callable[[float], Pipeline]] = {
    "rabbitmq": RabbitPipeline,
    "pubsub": PubSubPipeline,
    "eventhubs": HubsPipeline,
}
WIDTH = 132


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SCENE]...", help=" | ".join(SCENES))] = None,
    door: Annotated[list[str] | None, typer.Option(help=f"{' | '.join(PIPELINES)}; repeat it. Default: all.")] = None,
    seconds: Annotated[float, typer.Option(min=5, help="Of load, for each scene.")] = 60,
    rate: Annotated[float, typer.Option(min=1, help="Messages a second.")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
) -> None:
    """Kill doors, and what they ask and write to, and count what is lost."""
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else WIDTH)
    odd = sorted({*(names or [])} - SCENES.keys()) + sorted({*(door or [])} - PIPELINES.keys())
    if lacking := f"no such scene or door: {', '.join(odd)}" if odd else missing():
        console.print(lacking)
        raise typer.Exit(2)
    stamina.instrumentation.set_on_retry_hooks([])
    logging.disable()  # a client that publishes tells at length that its broker is away
    results = []
    with Cluster(registry=False) as cluster:
        for one in door or PIPELINES:
            for name in names or SCENES:
                console.rule(f"{name}, {one}: {SCENES[name].act.__doc__}", align="left")
                results.append(_one(name, one, cluster, seconds, rate))
                console.print(_line(results[-1]), highlight=False)
    console.print(_table(results))
    if as_json:
        print(json.dumps([asdict(result) | {"is_right": result.is_right} for result in results]))
    raise typer.Exit(0 if all(result.is_right for result in results) else 1)


def _one(name: str, door: str, cluster: Cluster, seconds: float, rate: float) -> DoorResult:
    prefix = f"c{uuid.uuid4().hex[:8]}"
    settings = Settings(
        _env_file=None, bootstrap_servers=cluster.bootstrap_servers, topic_prefix=prefix, group_id=prefix, partitions=4
    )
    pipeline = PIPELINES[door](LEASE_S if SCENES[name].is_short_of_time else 0)
    try:
        with tempfile.TemporaryDirectory(prefix="junction-doors-") as folder:
            return run(name, pipeline, cluster, settings, Path(folder), seconds=seconds, rate=rate)
    finally:
        pipeline.close()


def _line(result: DoorResult) -> str:
    words = "right" if result.is_right else f"WRONG {'; '.join(result.wrong)}"
    return f"{words}: {result.verdict} {result.figures}"


def _table(results: list[DoorResult]) -> Table:
    table = Table()
    for name in ("scene", "door", "published", "lost", "wrong", "repeated", "unordered users", "RSS MiB", "figures"):
        table.add_column(name)
    for one in results:
        seen = one.verdict
        numbers = (seen.published, seen.lost, seen.wrong, seen.repeated, seen.unordered, one.rss_mib)
        figures = ", ".join(f"{key} {value:g}" for key, value in one.figures.items())
        table.add_row(one.name, one.door, *(f"{number:,.0f}" for number in numbers), figures)
    return table


if __name__ == "__main__":
    typer.run(main)
