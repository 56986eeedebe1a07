"""Whether Kafka answers and the topics are right, checked again and again: the gateway becomes ready by itself."""

import asyncio
import contextlib
from collections.abc import Callable

from streams.ops import log
from streams.ops.errors import Misconfigured, Unavailable

# Raises Unavailable or Misconfigured; may block for seconds. True checks everything, False what is cheap.
Probe = Callable[[bool], None]

_RETRY_S = 2.0  # while there is trouble; also the least between two checks
_CHECK_EVERY_S = 10.0


class Watch:
    """`trouble`: "" while records can be stored, else a sentence. Each change is logged once.

    `answered` is set after the first check, whatever its result.
    """

    def __init__(self, probe: Probe | None) -> None:
        self._probe = probe
        self._logger = log.get("gateway")
        self.trouble = "Kafka has not been asked yet" if probe else ""
        self.answered = asyncio.Event()
        self._doubted = asyncio.Event()

    def stop(self, why: str) -> None:
        """End the checks; `why` is the trouble from now on."""
        self._probe = None
        self.trouble = why

    def doubt(self) -> None:
        """Somebody noticed that Kafka may be away: check now, not in ten seconds. To be called in the event loop."""
        self._doubted.set()

    async def run(self) -> None:
        """Check until stopped or cancelled."""
        while self._probe:
            await self._ask(self._probe)
            self.answered.set()
            await asyncio.sleep(_RETRY_S)
            if not self.trouble:
                await self._rest()

    async def _rest(self) -> None:
        """Until the next check is due, or somebody doubts."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._doubted.wait(), _CHECK_EVERY_S - _RETRY_S)
        self._doubted.clear()

    async def _ask(self, probe: Probe) -> None:
        try:
            await asyncio.to_thread(probe, bool(self.trouble))
            trouble = ""
        except (Unavailable, Misconfigured) as error:
            trouble = str(error)
        except Exception as error:  # a bug must not end the checks: the gateway would never be ready again
            trouble = f"Kafka could not be asked ({type(error).__name__})"
        if not self._probe:  # stopped meanwhile
            return
        if trouble and trouble != self.trouble:
            self._logger.warning("not_ready", why=trouble)
        if self.trouble and not trouble:
            self._logger.info("ready")
        self.trouble = trouble
