"""A command in a process that kills itself (SIGKILL).

Its effects are counted: each replacement of a file, and each call that rotates at Junction. Before the Nth it dies.
With N beyond the last it lives.
"""

import functools
import os
import signal
from collections.abc import Callable
from typing import Any

from connectors.junction.webhook_api import WebhookApi


class Effects:
    """Counts down to the one at which the process dies."""

    def __init__(self, at: int) -> None:
        self._left = at

    def _count(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def plain(*args: Any, **named: Any) -> Any:
            self._count()
            return function(*args, **named)

        return plain

    def counted_call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def call(*args: Any, **named: Any) -> Any:
            self._count()
            return await function(*args, **named)

        return call


def die_before(number: int) -> None:
    """From now on this process counts its effects, and dies before the one with that number, from 0."""
    effects = Effects(number)
    os.replace = effects.counted(os.replace)
    WebhookApi.rotate = effects.counted_call(WebhookApi.rotate)  # type: ignore[method-assign]  # because that is the point
