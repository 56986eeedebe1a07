"""A broker on loopback in a temporary folder, as a context manager. It ends when we do."""

import shutil
import signal
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.demo.cluster.supervise import Child
from streams.ops.errors import Misconfigured, Unavailable

_LOOK_S = 0.02


class LocalBroker(ABC):
    """`what`: its name in sentences. `ready_word`: what it writes when it takes connections, within `ready_s`.

    Entering it raises Misconfigured where none can run, Unavailable if it does not answer.
    """

    what: str
    ready_word: str
    ready_s: float

    def __init__(self) -> None:
        self._child: Child | None = None
        self.folder: Path

    @abstractmethod
    def _prepare(self) -> None:
        """Choose ports and write files in `folder`. Raises Misconfigured."""

    @abstractmethod
    def _launch(self) -> Child:
        """Start it on its ports, and on its data where it has any."""

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="junction-streams-broker-"))
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)  # because nobody needs it

    def start(self) -> None:
        """Return when it takes connections."""
        self._child = self._launch()
        self._wait_for(self.ready_word, 1)

    def stop(self) -> None:
        """Safe to repeat."""
        if self._child:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """SIGKILL."""
        if self._child:
            self._child.kill()
            self._child = None

    def pause(self) -> None:
        """It answers nobody until `resume`."""
        if self._child:
            self._child.terminate(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on, with what was asked meanwhile."""
        if self._child:
            self._child.terminate(signal.SIGCONT)

    def _wait_for(self, word: str, n_times: int) -> None:
        deadline_s = time.monotonic() + self.ready_s
        while self._child and self._child.said().count(word) < n_times:
            if not self._child.running():
                raise Misconfigured(f"{self.what} stopped by itself; its log says: {self._child.last_words()}")
            if time.monotonic() > deadline_s:
                raise Unavailable(f"{self.what} does not answer after {self.ready_s:.0f} s")
            time.sleep(_LOOK_S)
