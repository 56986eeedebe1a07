"""The command in a process that kills itself (SIGKILL): `python -m ...killed N ARGS...`.

Its effects are counted: each replacement of a file, and each call that rotates at Junction. Before the Nth it dies.
With N beyond the last it lives.
"""

import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from connectors.junction.webhook_api import WebhookApi
from streams.cli.base import main


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


if __name__ == "__main__":
    effects = Effects(int(sys.argv[1]))
    os.replace = effects.counted(os.replace)
    WebhookApi.rotate = effects.counted_call(WebhookApi.rotate)  # type: ignore[method-assign]  # because that is the point
    sys.argv[1:] = sys.argv[2:]
    import streams.cli.__main__  # noqa: F401  # because it has every command

    main()
