"""`topics`: what Kafka has to hold, compared and created."""

from enum import StrEnum
from typing import Annotated

import typer

from streams.cli.base import MEND, AsJson, app, read_settings

topics_app = typer.Typer(no_args_is_help=True, help="The topics on Kafka: see what differs, make it right.")
app.add_typer(topics_app, name="topics", rich_help_panel=MEND)


ClusterName = Annotated[str, typer.Option("--cluster", help="Name of Strimzi's Kafka resource.")]


class TopicFormat(StrEnum):
    """As what topics are printed, where Kafka is not asked."""

    STRIMZI = "strimzi"


@topics_app.command("plan")
def topics_plan(
    format_: Annotated[
        TopicFormat | None, typer.Option("--format", help="Print all topics as KafkaTopic resources, and ask nobody.")
    ] = None,
    cluster: ClusterName = "kafka",
    as_json: AsJson = False,
) -> None:
    """What `topics apply` would change; exits with 1 when something differs."""
    if format_ is TopicFormat.STRIMZI:
        _print_resources(cluster)
    else:
        _topics(apply=False, as_json=as_json)


@topics_app.command("apply")
def topics_apply(as_json: AsJson = False) -> None:
    """Create the topics that are missing and mend the settings that differ. Safe to repeat."""
    _topics(apply=True, as_json=as_json)


def _topics(*, apply: bool, as_json: bool) -> None:
    from streams.cli.show.topics import print_changes
    from streams.kafka import admin

    settings = read_settings()
    found = admin.apply(settings) if apply else admin.propose(settings)
    print_changes(found, admin.layout_of(settings), applied=apply, as_json=as_json)
    if found.changes and not apply:
        raise SystemExit(1)


def _print_resources(cluster: str) -> None:
    from streams.kafka import admin, strimzi
    from streams.ops import terminal

    for line in strimzi.lines(strimzi.topics(admin.layout_of(read_settings()), cluster)):
        terminal.say(line)
