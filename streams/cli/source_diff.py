"""`source diff`: what came by webhooks and what by a pipeline, while a team moves from one to the other."""

import time
from typing import Annotated, Literal

import typer

from streams.cli.base import AsJson, moment, read_settings, span_ms
from streams.cli.source import source_app

Keep = Annotated[
    Literal["rabbitmq", "pubsub", "azure", "webhook"] | None,
    typer.Option(help="The door that will stay. Without it: the pipeline that is there."),
]


@source_app.command()
def diff(
    since: Annotated[int, typer.Option(parser=moment, metavar="TIME", help="From when on: 24h, 2d or a time.")],
    keep: Keep = None,
    grace: Annotated[
        int, typer.Option(parser=span_ms, metavar="SPAN", help="How far one door may be behind the other: 90s, 15m.")
    ] = "15m",  # type: ignore[assignment]  # because the parser makes a number of it
    limit: Annotated[int, typer.Option(min=0, help="Name so many missing events of each side, by their ids.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Whether everything came by the door to be kept, while Junction sends by webhooks and by a pipeline.

    Compares what is stored by user, event type and content: what came by both, and which door was first; what by one
    alone. Of that it tells what is missing from what is only late (Junction tries webhooks for 27 h), from history,
    which it pushes through pipelines alone, and from what came within the grace. A missing event matters if nothing
    newer came.

    Exit 1 when the door to be kept lacks an event; 2 when there is nothing to compare. docs/moving-doors.md says when
    to switch.

    Example: after a day with both, `junction-streams source diff --since 24h`; before going back to webhooks
    `junction-streams source diff --since 24h --keep webhook`
    """
    from streams.cli.show.doors import print_diff
    from streams.cli.show.progress import progress
    from streams.doors.compare import DiffOrder
    from streams.doors.compare import diff as compared
    from streams.doors.kafka_log import KafkaRawLog
    from streams.events import DoorName

    settings = read_settings()
    order = DiffOrder(since, int(time.time() * 1000), grace, DoorName(keep) if keep else None, limit)
    with progress("reading") as tell:
        found = compared(KafkaRawLog(settings, tell), order)
    if not print_diff(found, since, as_json=as_json):
        raise typer.Exit(1)
