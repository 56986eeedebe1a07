"""`topics`: what Kafka has to hold, compared and created."""

import typer

from streams.cli.base import MEND, AsJson, app, read_settings

topics_app = typer.Typer(no_args_is_help=True, help="The topics on Kafka: see what differs, make it right.")
app.add_typer(topics_app, name="topics", rich_help_panel=MEND)


@topics_app.command("plan")
def topics_plan(as_json: AsJson = False) -> None:
    """What `topics apply` would change; exits with 1 when something differs."""
    _topics(apply=False, as_json=as_json)


@topics_app.command("apply")
def topics_apply(as_json: AsJson = False) -> None:
    """Create the topics that are missing and mend the settings that differ. Safe to repeat."""
    _topics(apply=True, as_json=as_json)


def _topics(*, apply: bool, as_json: bool) -> None:
    from streams.cli.show.topics import print_changes
    from streams.kafka import admin

    settings = read_settings()
    changes = admin.apply(settings) if apply else admin.plan(settings)
    print_changes(changes, admin.layout_of(settings), applied=apply, as_json=as_json)
    if changes and not apply:
        raise SystemExit(1)
