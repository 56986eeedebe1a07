"""Whether Kafka answers and the topics are right: asked again and again, so that the door opens by itself."""

import asyncio
from collections.abc import Callable

from streams.ops import log
from streams.ops.errors import Misconfigured, Unavailable

# Raises Unavailable or Misconfigured; may block for seconds. True asks for everything, False for what is cheap.
Probe = Callable[[bool], None]

_AGAIN_S = 2.0
_STEADY_S = 10.0


class Watch:
    """`trouble` is "" while all is well, else a sentence. Says each change once."""

    def __init__(self, probe: Probe | None) -> None:
        self._probe = probe
        self._logger = log.get("gateway")
        self.trouble = "Kafka has not been asked yet" if probe else ""
        self.answered = asyncio.Event()

    def stop(self, why: str) -> None:
        """From now on there is trouble, and nobody asks any more."""
        self._probe = None
        self.trouble = why

    async def run(self) -> None:
        """Until cancelled."""
        while self._probe:
            await self._look(self._probe)
            self.answered.set()
            await asyncio.sleep(_AGAIN_S if self.trouble else _STEADY_S)

    async def _look(self, probe: Probe) -> None:
        try:
            await asyncio.to_thread(probe, bool(self.trouble))
            trouble = ""
        except (Unavailable, Misconfigured) as error:
            trouble = str(error)
        except Exception as error:  # a bug must not end the watch: the door would never open again
            trouble = f"Kafka could not be asked ({type(error).__name__})"
        if not self._probe:  # stopped meanwhile
            return
        if trouble and trouble != self.trouble:
            self._logger.warning("not_ready", why=trouble)
        if self.trouble and not trouble:
            self._logger.info("ready")
        self.trouble = trouble
