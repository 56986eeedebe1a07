"""What a source's process holds, as metrics: messages that were received and are not acknowledged."""

import time
from collections.abc import Sequence

from connectors.contract.source import SourceMessage
from streams.ops import metrics


class HeldMessages:
    """Of one source."""

    def __init__(self, source_name: str) -> None:
        self._name, self._since_s = source_name, 0.0
        self._is_held = False
        metrics.SOURCE_RECEIVED.labels(source_name)
        metrics.SOURCE_SETTLED.labels(source_name)
        metrics.SOURCE_REDELIVERED.labels(source_name)
        metrics.SOURCE_READY.labels(source_name).set(0)
        metrics.SOURCE_HELD.labels(source_name).set(0)
        metrics.SOURCE_HELD_BYTES.labels(source_name).set(0)
        metrics.SOURCE_OLDEST_SECONDS.labels(source_name).set_function(self._age_s)

    def now(self, messages: Sequence[SourceMessage]) -> None:
        """These are held, and no others."""
        if not messages:
            self._is_held = False
        elif not self._is_held:
            self._is_held, self._since_s = True, time.monotonic()
            metrics.SOURCE_RECEIVED.labels(self._name).inc(len(messages))
        metrics.SOURCE_HELD.labels(self._name).set(len(messages))
        metrics.SOURCE_HELD_BYTES.labels(self._name).set(sum(one.n_bytes for one in messages))

    def settled(self, n_messages: int) -> None:
        """So many were acknowledged."""
        metrics.SOURCE_SETTLED.labels(self._name).inc(n_messages)

    def well(self) -> None:
        """The source gives, and Kafka takes."""
        metrics.SOURCE_READY.labels(self._name).set(1)

    def trouble(self) -> None:
        """One of them does not."""
        metrics.SOURCE_READY.labels(self._name).set(0)

    def _age_s(self) -> float:
        """Seconds since the oldest one was received."""
        return time.monotonic() - self._since_s if self._is_held else 0.0
