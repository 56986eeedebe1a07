"""`drift`: how Junction's events differ from its documentation."""

from typing import Annotated

import typer

from streams.cli.base import AsJson, app, read_settings


@app.command()
def drift(
    kind: Annotated[str, typer.Option(help="Only this kind: event_type, field, enum, shape or overflow.")] = "",
    as_json: AsJson = False,
) -> None:
    """What came that Junction does not document: event types, fields, words, shapes; since when, how often, where.

    Names places and kinds of values, never values. Example: `junction-streams drift --kind field`
    """
    from streams.drift_report import drift as report

    report(read_settings(), kind=kind, as_json=as_json)
