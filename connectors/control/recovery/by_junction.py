"""What Junction's API and our fetchers bring back without Svix: lab orders, and the gap of everything we hold."""

from datetime import UTC, datetime

from connectors.junction import Client
from connectors.svix.client import SvixSpan
from streams.events import topics
from streams.kafka.send import send
from streams.ops.settings import Settings
from streams.tables.history import Outage, outage


async def resend_labs(client: Client, span: SvixSpan, now_ms: int) -> int:
    """Junction sends the events of lab orders of the span again. Returns the number of orders."""
    until_ms = now_ms if span.until_ms is None else span.until_ms
    return len(await client.resend_orders(_text(span.since_ms), _text(until_ms)))


def fetch_gap(settings: Settings, span: SvixSpan, now_ms: int) -> None:
    """The workers ask for the span of every resource that they have data of, as after an outage that a gateway noticed.

    Blocks. Asked for again, the same span is known. Raises Misconfigured, Unavailable.
    """
    value = outage.encode(Outage(span.since_ms, now_ms if span.until_ms is None else span.until_ms))
    topic = f"{settings.topic_prefix}.{topics.FETCH_PROGRESS}"
    send(settings, [(topic, b"outage", value, number) for number in range(settings.partitions)], "the gap")


def _text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat().replace("+00:00", "Z")
