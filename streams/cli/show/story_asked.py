"""Who answers `trace`, `story` and `why`: the console, or without one what is read from Kafka, with progress."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import typer

from streams.cli.show.progress import progress
from streams.lineage.delivery.delivery_ids import delivery_id
from streams.lineage.serving.client import ConsoleClient, NoConsole, open_console
from streams.lineage.serving.questions import Answerer, DataQuery, WhyQuery, parameters
from streams.lineage.telling import Story
from streams.lineage.words import moment
from streams.ops import terminal
from streams.ops.settings import Settings

if TYPE_CHECKING:  # because who asks a console needs no Kafka client, and waits a second less
    from streams.lineage.serving.answers import Helpers

PORTAL = "junction-streams trace ID --portal"  # links it, for who asks


class Span(NamedTuple):
    """What is read without a console, Unix ms; None: as the question needs it, until now."""

    since_ms: int | None = None
    until_ms: int | None = None


def helpers_of(settings: Settings) -> "Helpers":
    """What connectors do for the answers of this process."""
    from connectors.history.day_question import junction_asker
    from connectors.junction import credentials
    from connectors.webhook.proofs import prover
    from streams.lineage.serving.answers import Helpers

    if not credentials.are_set(settings):
        return Helpers(prove=prover(settings))
    return Helpers(prove=prover(settings), portal=lambda: PORTAL, junction=junction_asker(settings))


def delivery_story(settings: Settings, id: str, *, show_values: bool, span: Span, from_kafka: bool) -> Story:
    """The story of a delivery. Raises Misconfigured, Unavailable."""
    known = delivery_id(id)
    if not from_kafka and (found := _asked(settings, lambda one: one.delivery(known.text, show_values=show_values))):
        return found
    from streams.lineage.serving.from_kafka import since_of_delivery

    since_ms = span.since_ms
    if since_ms is None:
        since_ms = since_of_delivery(known, _now_ms(), settings.lineage_days)
    with _read(settings, since_ms, span.until_ms) as answerer:
        return answerer.delivery(known.text, show_values=show_values)


def data_story(settings: Settings, query: DataQuery | WhyQuery, *, from_kafka: bool) -> Story:
    """The story of a user's data, or why they are not there. Raises Misconfigured, Unavailable."""
    parameters(query)  # before anybody is asked
    if not from_kafka and (found := _asked(settings, lambda one: _data(one, query))):
        return found
    from streams.lineage.serving.from_kafka import since_of_data

    with _read(settings, since_of_data(query, _now_ms(), settings.lineage_days), None) as answerer:
        return answerer.why(query) if isinstance(query, WhyQuery) else answerer.data(query)


def _data(console: ConsoleClient, query: DataQuery | WhyQuery) -> Awaitable[Story]:
    return console.why(query) if isinstance(query, WhyQuery) else console.data(query)


def _asked(settings: Settings, ask: Callable[[ConsoleClient], Awaitable[Story]]) -> Story | None:
    """The console's answer; None where none is there, which is said."""

    async def asked() -> Story:
        async with open_console(settings) as console:
            return await ask(console)

    try:
        return asyncio.run(asked())
    except NoConsole as nobody:
        _tell(f"{nobody}")
        return None


@contextmanager
def _read(settings: Settings, since_ms: int, until_ms: int | None) -> Iterator[Answerer]:
    from streams.lineage.serving.from_kafka import read_from_kafka

    settings.need_kafka()
    until = f"to {moment(until_ms)}" if until_ms else "on"
    _tell(f"reading Kafka's topics from {moment(since_ms)} {until}")
    with ExitStack() as stack:
        tell = stack.enter_context(progress("reading"))
        read = read_from_kafka(
            settings, helpers_of(settings), since_ms, until_ms, lambda ms: tell(f"read up to {moment(ms)}")
        )
        yield stack.enter_context(read)


def _tell(words: str) -> None:
    typer.secho(terminal.shown(words), dim=True, err=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
