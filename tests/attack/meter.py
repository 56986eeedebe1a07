"""Memory, open files and CPU of a process and its children, again and again."""

import threading
import time
from types import TracebackType
from typing import NamedTuple, Self

import psutil

_EVERY_S = 0.1
MIB = 1024 * 1024


class Reading(NamedTuple):
    """Sums over the process and its children."""

    at_s: float
    rss_mib: float
    files: int
    cpu_s: float


class Meter:
    """A context manager; `readings` grow while it is open."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.readings: list[Reading] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def within(self, begin_s: float, end_s: float) -> list[Reading]:
        """Those of a span of the monotonic clock."""
        return [one for one in self.readings if begin_s <= one.at_s < end_s]

    def _run(self) -> None:
        while not self._is_over.wait(_EVERY_S):
            try:
                self.readings.append(self._read())
            except psutil.Error:  # it has ended
                return

    def _read(self) -> Reading:
        all_ = [self._process, *self._process.children(recursive=True)]
        times = [one.cpu_times() for one in all_]
        return Reading(
            time.monotonic(),
            sum(one.memory_info().rss for one in all_) / MIB,
            sum(one.num_fds() for one in all_),
            sum(one.user + one.system for one in times),
        )
