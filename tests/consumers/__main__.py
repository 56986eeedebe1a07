"""`python -m tests.consumers`: every client on a stage of its own, a table, an exit code: 0 as the page says, 1 not so,
2 misused, or a client that cannot be tried here."""

import sys
import tempfile
import uuid
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.demo.cluster import Cluster, missing
from streams.kafka import registry
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings
from tests.consumers import build
from tests.consumers.clients import BY_NAME, Client
from tests.consumers.judge import Seen, judge
from tests.consumers.report import exit_code, sentence, table
from tests.consumers.stage import Stage

WIDTH = 150  # where there is no terminal: the table fits


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[CLIENT]...", help="Default: all.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Say what there is, do nothing.")] = False,
) -> None:
    """Other people's clients on our topics."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    if list_:
        for client in BY_NAME.values():
            console.print(f"{client.name:28} {client.client}; {client.avro}", highlight=False)
        return
    unknown = sorted({*(names or [])} - BY_NAME.keys())
    if lacking := (f"no such client: {', '.join(unknown)}; see --list" if unknown else missing()):
        console.print(lacking)
        raise typer.Exit(2)
    seen = _all([BY_NAME[name] for name in names or BY_NAME], console)
    console.print(table(seen))
    for name, found in seen.items():
        if said := sentence(BY_NAME[name], found):
            console.print(f"{name}: {said}", highlight=False)
    raise typer.Exit(exit_code(seen))


def _all(clients: list[Client], console: Console) -> dict[str, Seen | str]:
    """By name; a sentence where a client cannot be tried here."""
    seen: dict[str, Seen | str] = {}
    with Cluster() as cluster, tempfile.TemporaryDirectory() as work:
        for client in clients:
            seen[client.name] = found = _one(client, Path(work), cluster)
            console.print(f"… {client.name}: {sentence(client, found) or 'as the page says'}", highlight=False)
    return seen


def _one(client: Client, work: Path, cluster: Cluster) -> Seen | str:
    """On a stage of its own."""
    try:
        start = build.command(client, work)
    except StreamsError as error:
        return str(error)
    prefix = f"c{uuid.uuid4().hex[:10]}"
    settings = Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        topic_prefix=prefix,
        group_id=f"{prefix}-group",
    )
    stage = Stage(settings, registry.register(settings))
    stage.fill()
    return judge(start, stage)


if __name__ == "__main__":
    typer.run(main)
