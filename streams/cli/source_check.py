"""`source check` and `source explain`: what is wrong at a door, and what would become of a message."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.cli.base import NONE, AsJson, read_settings
from streams.cli.source import need, source_app
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

if TYPE_CHECKING:
    from connectors.contract.source import SourceMessage
    from connectors.doors.message_file import MessageFile
    from streams.ops.lines import Line

DoorArgument = Annotated[
    Literal["rabbitmq", "pubsub", "eventhubs"],
    typer.Argument(metavar="NAME", help="The door: rabbitmq, pubsub or eventhubs."),
]


@source_app.command()
def check(name: DoorArgument, as_json: AsJson = False) -> None:
    """What is right, to look at and wrong in the broker, each with the command that mends it. Makes and takes nothing.

    Exits with 1 where something is wrong, 3 where the broker does not answer.

    Example: `junction-streams source check rabbitmq`
    """
    from streams.cli.show.doctor import print_lines

    found = _CHECKS[name](read_settings(running=NONE))
    raise SystemExit(print_lines(found, as_json=as_json, if_wrong=1))


@source_app.command()
def explain(
    name: DoorArgument,
    file: Annotated[Path, typer.Argument(help="The message as JSON (docs/doors.md); - reads standard input.")],
    as_json: AsJson = False,
) -> None:
    """What would become of this message: topic, key, partition, id; or why it is a dead letter. Needs no broker.

    Example: `junction-streams source explain rabbitmq message.json`
    """
    from connectors.doors.message_file import parse
    from streams.cli.show.source_explain import print_message

    settings = read_settings(running=NONE)
    message = _MESSAGES[name](parse(_read(file), file.parent), settings)
    print_message(str(file), message, settings, as_json=as_json)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}") from None


def _check_rabbitmq(settings: Settings) -> "list[Line]":
    need("aiormq", "rabbitmq")
    from connectors.rabbitmq.checking import check as check_broker

    return asyncio.run(check_broker(settings))


def _rabbitmq_message(file: "MessageFile", settings: Settings) -> "SourceMessage":
    from connectors.doors.service import bounds_of
    from connectors.rabbitmq.from_file import message_of

    return message_of(file, settings.rabbitmq_queue, time.time_ns() // 1_000_000, bounds_of(settings))


def _check_pubsub(settings: Settings) -> "list[Line]":
    need("google.pubsub_v1", "pubsub")
    from connectors.pubsub.checking import check as check_subscription

    return asyncio.run(check_subscription(settings))


def _pubsub_message(file: "MessageFile", settings: Settings) -> "SourceMessage":
    from connectors.doors.service import bounds_of
    from connectors.pubsub.from_file import message_of

    return message_of(file, settings.pubsub_subscription, time.time_ns() // 1_000_000, bounds_of(settings))


def _check_eventhubs(settings: Settings) -> "list[Line]":
    from connectors.event_hubs.checking import check as check_hub

    return check_hub(settings)


def _eventhubs_message(file: "MessageFile", settings: Settings) -> "SourceMessage":
    from connectors.doors.service import bounds_of
    from connectors.event_hubs.from_file import message_of

    return message_of(file, settings.event_hubs_name, time.time_ns() // 1_000_000, bounds_of(settings))


# A door more: a function in each, and its name in DoorArgument.
_CHECKS: "dict[str, Callable[[Settings], list[Line]]]" = {
    "rabbitmq": _check_rabbitmq,
    "pubsub": _check_pubsub,
    "eventhubs": _check_eventhubs,
}
_MESSAGES: "dict[str, Callable[[MessageFile, Settings], SourceMessage]]" = {
    "rabbitmq": _rabbitmq_message,
    "pubsub": _pubsub_message,
    "eventhubs": _eventhubs_message,
}
