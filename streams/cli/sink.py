"""`sink`: the clean topics into databases, and what became of it."""

from collections.abc import Callable

import typer

from streams.cli.base import FOR_SERVICES, SERVICES, app, read_settings
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

sink_app = typer.Typer(no_args_is_help=True, help="The clean topics as tables: `sink postgres` writes them.")
app.add_typer(sink_app, name="sink", rich_help_panel=SERVICES)


@sink_app.command()
def postgres() -> None:
    """Clean topics into PostgreSQL, exactly once: a table for each, samples unnested. Start as many as you like.

    Example: `STREAMS_POSTGRES_URL=postgresql://streams:...@localhost/health junction-streams sink postgres`
    """
    run = _service()
    run(read_settings(running=FOR_SERVICES))


def _service() -> Callable[[Settings], None]:
    """The service, where the extra is installed. Raises Misconfigured."""
    try:
        from connectors.postgres.service import run
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise Misconfigured("PostgreSQL needs psycopg: run `pip install 'junction-streams[postgres]'`") from None
    return run
