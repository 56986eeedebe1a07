"""Under "Look": `drift`, `status`, `reconcile`, `tail`. `alerts` has its own file."""

from typing import Annotated

import typer

from streams.cli.base import LOOK, AsJson, app, moment, read_settings
from streams.ops.errors import Misconfigured


@app.command(rich_help_panel=LOOK)
def drift(
    kind: Annotated[str, typer.Option(help="Only this kind: event_type, field, enum, shape or overflow.")] = "",
    since: Annotated[
        int | None, typer.Option(parser=moment, metavar="TIME", help="Seen since: 6h, 2d or a time.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What came that Junction does not document: event types, fields, words, shapes; since when, how often, where.

    Names places and kinds of values, never values; a word or a name of a field once five users have had it.

    Example: `junction-streams drift --kind field --since 7d`
    """
    from streams.cli.show.drift import print_drift

    print_drift(read_settings(), kind=kind, since_ms=since, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def status(
    user: Annotated[str, typer.Argument(help="User id.")],
    as_json: AsJson = False,
) -> None:
    """Connections, history and freshness of one user, from the worker that owns it.

    Example: `STREAMS_QUERY_PORT=8070 junction-streams status 5f0c2c0e-...`
    """
    from streams.cli.show.status import print_status
    from streams.status.client import ask

    print_status(ask(read_settings(), user), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def reconcile(
    user: Annotated[str, typer.Option(help="One user: prints a certificate of completeness.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Every user that Junction names.")] = False,
    fetch: Annotated[bool, typer.Option(help="Ask the fetchers for what is missing.")] = False,
    as_json: AsJson = False,
) -> None:
    """What Junction says that it has, against what we have; exits with 1 when something is missing.

    Example: `junction-streams reconcile --user 5f0c2c0e-... --fetch`
    """
    import asyncio

    from streams.cli.show.reconcile import print_reconciliations
    from streams.cli.show.reconcile_progress import reconcile_users

    if bool(user) == everybody:
        raise Misconfigured("name a user with --user, or ask for --all")
    found = asyncio.run(reconcile_users(read_settings(), user, fetch=fetch))
    raise SystemExit(0 if print_reconciliations(found, one_user=bool(user), as_json=as_json) else 1)


@app.command(rich_help_panel=LOOK)
def tail(
    topic: Annotated[str, typer.Argument(help="Short or full name: sleep, junction.sleep, connections.")],
    user: Annotated[str, typer.Option(help="Only this user id.")] = "",
    from_beginning: Annotated[bool, typer.Option(help="All that the topic holds, then what comes.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Stop after so many records; 0: never.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Decoded Avro, live.

    Example: `junction-streams tail sleep --user 5f0c2c0e-... --from-beginning`
    """
    from streams.kafka.tail import tail as run_tail

    run_tail(read_settings(), topic, user_id=user, from_beginning=from_beginning, limit=limit, as_json=as_json)
