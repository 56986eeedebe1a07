"""Where the group is, sampled; from that, how long after each fault everything that waited then was committed."""

import threading
import time
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter

from streams.events import topics
from streams.kafka.lag import Lag, Offsets
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

SAMPLE_S = 0.5


@dataclass
class Watch:
    """`samples`: (monotonic seconds, ends, committed); times at which Kafka did not answer have none."""

    settings: Settings
    samples: list[tuple[float, Offsets, Offsets]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            lag = Lag(self.settings, [f"{self.settings.topic_prefix}.{name}" for name in topics.SOURCES])
            with suppress(Unavailable):  # a new client then: this one may go on asking a coordinator that is gone
                self._sample(lag)
            lag.close()

    def _sample(self, lag: Lag) -> None:
        while not self._over.wait(SAMPLE_S):
            ends = lag.ends()
            self.samples.append((time.monotonic(), ends, lag.committed()))

    @property
    def waiting(self) -> int:
        """Records not committed at the last sample; -1 before the first."""
        if not self.samples:
            return -1
        _, ends, committed = self.samples[-1]
        return sum(max(end - committed[place], 0) for place, end in ends.items())

    @property
    def progress(self) -> int:
        """Sum of committed offsets; what comes after a restart is greater."""
        return sum(self.samples[-1][2].values()) if self.samples else 0

    def drained(self, timeout_s: float) -> bool:
        """Wait until a sample that began after this call shows nothing waiting."""
        began_s = time.monotonic()
        while time.monotonic() < began_s + timeout_s:
            if self.samples and self.samples[-1][0] > began_s + SAMPLE_S and self.waiting == 0:
                return True
            time.sleep(SAMPLE_S / 2)
        return False

    def recovery_s(self, fault_at_s: float) -> float | None:
        """Seconds from a fault until all that was there at the next look was committed; None: never."""
        first = bisect_left(self.samples, fault_at_s, key=itemgetter(0))
        later = self.samples[first:]
        if not later:
            return None
        wanted = later[0][1]
        for at_s, _, committed in later:
            if all(committed[place] >= end for place, end in wanted.items()):
                return at_s - fault_at_s
        return None

    def stop(self) -> None:
        self._over.set()
        self._thread.join(30)
