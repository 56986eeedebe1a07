"""The command in a process that kills itself (SIGKILL): `python -m ...killed N before|after ARGS...`.

Its effects are counted: each replacement of a file, and each call that rotates at Junction. At the Nth it dies, before
it or after. With N beyond the last it lives.
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

    def __init__(self, at: int, moment: str) -> None:
        self._left, self._moment = at, moment

    def _die_if(self, moment: str) -> None:
        if self._left == 0 and moment == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def plain(*args: Any, **named: Any) -> Any:
            self._die_if("before")
            result = function(*args, **named)
            self._die_if("after")
            self._left -= 1
            return result

        return plain

    def counted_call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def call(*args: Any, **named: Any) -> Any:
            self._die_if("before")
            result = await function(*args, **named)
            self._die_if("after")
            self._left -= 1
            return result

        return call


if __name__ == "__main__":
    effects = Effects(int(sys.argv[1]), sys.argv[2])
    os.replace = effects.counted(os.replace)
    WebhookApi.rotate = effects.counted_call(WebhookApi.rotate)  # type: ignore[method-assign]  # because that is the point
    sys.argv[1:] = sys.argv[3:]
    import streams.cli.__main__  # noqa: F401  # because it has every command

    main()
