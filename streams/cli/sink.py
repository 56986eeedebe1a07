"""`sink`: the clean topics into databases, and what became of it."""

from types import ModuleType
from typing import Annotated

import typer

from streams.cli.base import FOR_SERVICES, SERVICES, app, read_settings
from streams.ops.errors import Misconfigured

sink_app = typer.Typer(no_args_is_help=True, help="The clean topics as tables: `sink postgres` writes them.")
app.add_typer(sink_app, name="sink", rich_help_panel=SERVICES)


@sink_app.command()
def postgres(
    plan: Annotated[bool, typer.Option("--plan", help="Print the SQL for what is missing; run nothing.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Run that SQL, and stop. For a role that may.")] = False,
) -> None:
    """Clean topics into PostgreSQL, exactly once: a table for each, samples unnested. Start as many as you like.

    Example: `STREAMS_POSTGRES_URL=postgresql://streams:...@localhost/health junction-streams sink postgres`
    """
    service, settings = _service(), read_settings(running=FOR_SERVICES)
    if plan:
        from streams.ops.terminal import say

        for statement in service.plan(settings):
            say(f"{statement};")
    elif apply:
        service.apply(settings)
    else:
        service.run(settings)


def _service() -> ModuleType:
    """The service, where the extra is installed. Raises Misconfigured."""
    try:
        from connectors.postgres import service
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise Misconfigured("PostgreSQL needs psycopg: run `pip install 'junction-streams[postgres]'`") from None
    return service
