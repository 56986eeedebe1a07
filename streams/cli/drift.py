"""`drift`: how Junction's events differ from its documentation."""

from typing import Annotated

import typer

from streams.cli.base import LOOK, AsJson, app, moment, read_settings


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
    from streams.cli.show.drift import drift as report

    report(read_settings(), kind=kind, since_ms=since, as_json=as_json)
