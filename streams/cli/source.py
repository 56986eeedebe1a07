"""`source`: what Junction's pipelines push into a broker of yours, onto Kafka; and what is wrong there."""

from typing import Annotated

import typer

from streams.cli.base import FOR_SERVICES, SERVICES, app, read_settings
from streams.ops.extras import need as need

source_app = typer.Typer(
    no_args_is_help=True,
    help="Events that Junction pushes into RabbitMQ, Pub/Sub or Event Hubs, onto Kafka as if they were webhooks.",
)
app.add_typer(source_app, name="source", rich_help_panel=SERVICES)

Once = Annotated[bool, typer.Option("--once", help="Stop when nothing more waits.")]


@source_app.command()
def eventhubs(once: Once = False) -> None:
    """A hub of Azure Event Hubs onto Kafka; its offsets are committed when Kafka has it. Several share its partitions.

    Example: `STREAMS_EVENT_HUBS_CONNECTION="Endpoint=sb://..." junction-streams source eventhubs`
    """
    settings = read_settings(running=FOR_SERVICES)
    from connectors.doors.service import run
    from connectors.event_hubs.source import HubSource

    run(settings, HubSource(settings), once=once)


@source_app.command()
def rabbitmq(once: Once = False) -> None:
    """A queue of RabbitMQ onto Kafka; a message is acknowledged when Kafka has it. One is enough, a second one waits.

    Example: `STREAMS_RABBITMQ_URL=amqps://streams:...@broker/junction junction-streams source rabbitmq`
    """
    settings = read_settings(running=FOR_SERVICES)
    need("aiormq", "rabbitmq")
    from connectors.doors.service import run
    from connectors.rabbitmq.source import RabbitSource

    run(settings, RabbitSource(settings), once=once)


@source_app.command()
def pubsub(once: Once = False) -> None:
    """A subscription of Google Pub/Sub onto Kafka; a message is acknowledged when Kafka has it. Several share the work.

    Example: `STREAMS_PUBSUB_SUBSCRIPTION=projects/clinic/subscriptions/junction junction-streams source pubsub`
    """
    settings = read_settings(running=FOR_SERVICES)
    need("google.pubsub_v1", "pubsub")
    from connectors.doors.service import run
    from connectors.pubsub.source import PubSubSource

    run(settings, PubSubSource(settings), once=once)
