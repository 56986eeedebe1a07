"""What Kafka and the registry have in common: launched, waited for, checked, stopped."""

import time
from abc import ABC, abstractmethod

from streams.demo.cluster.archive import Archive
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Misconfigured, Unavailable

READY_TIMEOUT_S = 120.0
PORT_TRIES = 5
_PORT_TAKEN = ("Address already in use", "seems to be in use by another process")  # Kafka; Quarkus


class Service(ABC):
    """One or more Java processes that answer together. `children`: the processes that ought to run, by node."""

    name: str
    children: dict[int, Child]
    archive: Archive
    _answered = False

    @abstractmethod
    def launch(self) -> None:
        """Start every process and return at once; chooses ports again if the last ones are taken."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether clients can work with it now."""

    def start(self) -> None:
        """Launch, then wait until it answers."""
        self.launch()
        self.wait()

    def wait(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Return when it answers. A port that was lost to somebody else after it was chosen is chosen anew."""
        deadline, tries = time.monotonic() + timeout_s, 1
        while not self.answers():
            if self._lost_port() and tries < PORT_TRIES:
                tries += 1
                self.stop(discard=True)
                self.launch()
            self.check()
            if time.monotonic() > deadline:
                logs = ", ".join(str(process.log) for process in self.children.values())
                raise Unavailable(f"{self.name} does not answer after {timeout_s:.0f} s; its log: {logs}")
            time.sleep(0.05)
        self._answered = True

    def check(self) -> None:
        """Raise Misconfigured, quoting its last words, when a process has ended by itself."""
        for process in self.children.values():
            if not process.running():
                raise Misconfigured(
                    f"{self.name} stopped by itself; look into {process.log}. It says: {process.last_words()}"
                )

    @property
    def storing_classes(self) -> bool:
        """Whether a clean stop now would write the class archive."""
        return self._answered and self.archive.being_written

    def stop(self, *, discard: bool = False) -> None:
        """Stop every process, letting it finish its files, unless nobody needs them: `discard`. Safe to repeat."""
        for process in self.children.values():
            if discard and not self.storing_classes:
                process.kill()
            else:
                process.terminate()
        clean = [process.stop() for process in self.children.values()]
        self.children.clear()
        self.archive.settle(complete=self._answered and all(clean))
        self._answered = False

    def _lost_port(self) -> bool:
        return any(said in process.said() for process in self.children.values() for said in _PORT_TAKEN)
