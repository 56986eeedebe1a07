"""The broker of one pipeline, started and made ready for Junction to publish into."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

from pydantic import SecretStr

from streams.demo.pipelines import rabbitmq
from streams.events.doors import DoorName
from streams.ops.errors import Misconfigured
from streams.ops.extras import need
from streams.ops.settings import Settings


class RunningPipeline(NamedTuple):
    """`command`: of `source`. `title`: what broker it is, for people. `own`: settings of those who use it."""

    door: DoorName
    command: str
    title: str
    own: Mapping[str, Any]

    @property
    def env(self) -> dict[str, str]:
        """The settings as a process gets them."""
        return {f"STREAMS_{name.upper()}": _text(value) for name, value in self.own.items()}


def _text(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def check(door: str) -> None:
    """Raises Misconfigured, with what to install, where the broker of this door cannot run here."""
    if door == DoorName.RABBITMQ:
        need("aiormq", "rabbitmq")
        if lacking := rabbitmq.missing():
            raise Misconfigured(lacking)


def start_pipeline(stack: ExitStack, door: str, settings: Settings) -> RunningPipeline:
    """The broker, with all that has to be there, until `stack` ends. Raises Misconfigured, Unavailable."""
    if door != DoorName.RABBITMQ:
        raise Misconfigured(f"no broker of {door} starts here")
    from connectors.rabbitmq.topology import declare

    own = {"rabbitmq_url": stack.enter_context(rabbitmq.RabbitMQ()).url}
    asyncio.run(declare(settings.model_copy(update=own)))
    return RunningPipeline(DoorName.RABBITMQ, "source rabbitmq", "RabbitMQ", own)
