"""Under "Start here": `demo`, `up`, `explain`. `simulate` and `fake-api` have their own file."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import NONE, START, AsJson, app, read_settings
from streams.cli.through import Door, PushHistory, Through
from streams.ops.errors import Misconfigured


class With(StrEnum):
    """What `up` and `demo` start beside Kafka."""

    POSTGRES = "postgres"


@app.command(rich_help_panel=START)
def demo(
    once: Annotated[bool, typer.Option(help="Stop when the stream is drained; exit 0 only if all is right.")] = False,
    as_json: AsJson = False,
    users: Annotated[int, typer.Option(min=1, help="Simulated users.")] = 20,
    days: Annotated[int, typer.Option(min=1, help="Simulated days.")] = 7,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Deliveries per second; 0: as fast as it goes.")] = 0,
    history_days: Annotated[int, typer.Option(min=0, help="Days of history to fetch over the API; 0: none.")] = 90,
    keep: Annotated[Path | None, typer.Option(help="Keep Kafka's data in this folder.")] = None,
    sink: Annotated[With | None, typer.Option(help="Write the clean topics there, too, and check every row.")] = None,
    secure: Annotated[bool, typer.Option(help="A login with its rights for each process; all else is tried.")] = False,
    door: Door = Through.WEBHOOK,
    push_history: PushHistory = False,
    manage: Annotated[
        bool,
        typer.Option("--manage", help="The webhook at a fake Junction: made, rotated under load, away, recovered."),
    ] = False,
) -> None:
    """Everything on this machine: Kafka, registry, gateway, worker and a fake Junction that sends signed events.

    Example: `junction-streams demo --once --json`; `--sink postgres` shows the same as tables, `--door rabbitmq`
    (or `pubsub`, `eventhubs`) sends the events through a broker of that kind, as Junction's pipelines do.
    """
    from streams.demo.options import Options

    if push_history and door is Through.WEBHOOK:
        raise Misconfigured("history is pushed by pipelines alone: give --push-history with a --door of theirs")
    has_sink = sink is With.POSTGRES
    options = Options(
        once, as_json, users, days, seed, rate, keep, history_days, has_sink, secure, door.door, push_history
    )
    if manage:
        from streams.demo.manage.run import run_manage

        if not once or has_sink or secure or door is not Through.WEBHOOK:
            raise Misconfigured("--manage goes with --once, and with no other way in or out: it ends by itself")
        raise SystemExit(run_manage(read_settings(running=NONE), options))
    from streams.demo.run import run_demo

    raise SystemExit(run_demo(read_settings(running=NONE), options))


@app.command(rich_help_panel=START)
def up(
    data: Annotated[Path, typer.Option(help="Where Kafka and the registry keep their data.")] = Path(".state/cluster"),
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of every topic.")] = 4,
    with_: Annotated[With | None, typer.Option("--with", help="A server more, for `sink`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Kafka (real, KRaft) and the schema registry on loopback, until Ctrl-C.

    Example: `junction-streams up --data ~/kafka --with postgres`. Other commands find it; programs of yours need the
    lines it prints.
    """
    from streams.demo.up import up as run_up

    run_up(read_settings(running=NONE), data, as_json=as_json, partitions=partitions, postgres=with_ is With.POSTGRES)


@app.command(rich_help_panel=START)
def explain(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Webhook bodies; - reads standard input.")],
    as_json: AsJson = False,
) -> None:
    """What would happen to this webhook body: type, topic, key, entities, problems. Needs no Kafka.

    Example: `junction-streams explain body.json`
    """
    from streams.cli.show.explain import print_explanations

    settings = read_settings(running=NONE)
    bodies = [(str(file), _read(file)) for file in files]
    print_explanations(bodies, settings.topic_prefix, settings.partitions, as_json=as_json)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}") from None
