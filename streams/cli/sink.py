"""`sink`: the clean topics into databases, and what became of it."""

from types import ModuleType
from typing import Annotated

import typer

from streams.cli.base import FOR_SERVICES, SERVICES, AsJson, app, read_settings
from streams.ops.errors import Misconfigured

sink_app = typer.Typer(no_args_is_help=True, help="The clean topics as tables: `sink postgres` writes them.")
app.add_typer(sink_app, name="sink", rich_help_panel=SERVICES)


@sink_app.command()
def postgres(
    plan: Annotated[bool, typer.Option("--plan", help="Print the SQL for what is missing; run nothing.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Run that SQL, and stop. For a role that may.")] = False,
    timescale: Annotated[bool, typer.Option("--timescale", help="Make samples a hypertable of TimescaleDB.")] = False,
) -> None:
    """Clean topics into PostgreSQL, exactly once: a table for each, samples unnested. Start as many as you like.

    Example: `STREAMS_POSTGRES_URL=postgresql://streams:...@localhost/health junction-streams sink postgres`
    """
    service, settings = _service(), read_settings(running=FOR_SERVICES)
    if plan:
        from streams.ops.terminal import say

        for statement in service.plan(settings, has_timescale=timescale):
            for line in f"{statement};".splitlines():
                say(line)
    elif apply:
        service.apply(settings, has_timescale=timescale)
    else:
        service.run(settings, has_timescale=timescale)


@sink_app.command()
def status(as_json: AsJson = False) -> None:
    """Where the sinks stand: position, lag, rows, last commit and rejects of each topic.

    A lag that grows: the sink is down, the database is slow, or one process is not enough (docs/runbook/sink.md).

    Example: `junction-streams sink status`
    """
    _service()
    from connectors.postgres import overview
    from connectors.postgres.connection import opened
    from streams.cli.show.sink import print_status

    settings = read_settings()
    with opened(settings) as connection:
        print_status(overview.status(connection, settings), as_json=as_json)


@sink_app.command()
def rejects(
    topic: Annotated[str, typer.Option(help="Only this topic, without its prefix.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Show only so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Records that PostgreSQL cannot hold: where they stand and why, without their values.

    They were passed over, and are on their topic as before; `sink rebuild TOPIC` tries again.

    Example: `junction-streams sink rejects --topic note`
    """
    _service()
    from connectors.postgres import overview
    from connectors.postgres.connection import opened
    from streams.cli.show.sink import print_rejects

    settings = read_settings()
    full = topic and f"{settings.topic_prefix}.{topic}"
    with opened(settings) as connection:
        print_rejects(overview.rejects(connection, settings.postgres_schema, full, limit), as_json=as_json)


@sink_app.command()
def erase(
    user: Annotated[str, typer.Argument(help="User id.")],
    vacuum: Annotated[bool, typer.Option(help="Remove what deleted rows leave in the files, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a person: delete all of their rows in one transaction, and keep away what was delivered before.

    Sinks wait meanwhile, and go on by themselves. What Kafka and backups hold is not touched (docs/privacy.md).

    Example: `junction-streams sink erase 5f0c2c0e-... --vacuum`
    """
    _service()
    from connectors.postgres import erase as erasing
    from connectors.postgres.connection import opened
    from streams.cli.show.sink import print_erasure

    settings = read_settings()
    with opened(settings) as connection:
        erasure = erasing.erase(connection, settings.postgres_schema, user)
        if vacuum:
            erasing.vacuum(connection, settings.postgres_schema, erasure)
    print_erasure(erasure, is_vacuumed=vacuum, as_json=as_json)


@sink_app.command()
def rebuild(
    topic: Annotated[str, typer.Argument(help="Topic without its prefix: sleep, heartrate, connections, ...")],
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Also where Kafka has lost records that rows were made of.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Empty the tables of one topic and read it again from the beginning, beside the sinks that run.

    For a table that was changed by hand, and for rejects. Kafka keeps records for a time (`topics plan` says how long):
    rows made of those that it no longer has would not come back, so that is refused without --accept-loss.

    Example: `junction-streams sink rebuild sleep`
    """
    _service()
    from connectors.postgres import rebuild as rebuilding
    from connectors.postgres.connection import opened
    from streams.cli.show.sink import print_rebuild

    settings = read_settings()
    if not accept_loss and (lost := rebuilding.expired(settings, topic)):
        raise Misconfigured(
            f"Kafka no longer has {lost:,} offsets of {topic}: rows made of them would not come back. Run with "
            "--accept-loss to delete them all the same"
        )
    with opened(settings) as connection:
        print_rebuild(topic, rebuilding.rebuild(connection, settings, topic), as_json=as_json)


def _service() -> ModuleType:
    """The service, where the extra is installed. Raises Misconfigured."""
    try:
        from connectors.postgres import service
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise Misconfigured("PostgreSQL needs psycopg: run `pip install 'junction-streams[postgres]'`") from None
    return service
