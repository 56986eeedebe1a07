"""A fake Google Pub/Sub on loopback, as a context manager: Google's own, `pstest` of its Go client. It ends when we do.

It keeps everything in memory, so a restart loses topics, subscriptions and messages. A message that nobody took for ten
minutes is dropped, whatever the subscription says. Nobody logs in. It hands out the publish time that the simulator
names, in place of its own. What is pulled from an empty subscription waits for
half a second, whatever comes meanwhile, so its figures with few users under way say nothing of Google's.
"""

import shutil
import signal
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.demo.cluster import ports
from streams.demo.cluster.ports import LOOPBACK
from streams.demo.cluster.supervise import Child
from streams.demo.pipelines import go
from streams.ops.errors import Misconfigured, Unavailable

LATER_S = 30
READY_TIMEOUT_S = 30.0
_READY, _LATER = "ready", "later"
_PREFIX = "junction-streams-pubsub-"


def missing() -> str:
    """Why none can run here, with what to do; "" where one can. Builds it, the first time of a user."""
    try:
        _program()
    except Misconfigured as error:
        return str(error)
    return ""


def _program() -> Path:
    return go.program("streams.demo.pipelines.pstest", "Google's fake of Pub/Sub")


class FakePubSub:
    """Raises Misconfigured where none can run, Unavailable if it does not answer."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self.folder: Path

    @property
    def endpoint(self) -> str:
        """For `STREAMS_PUBSUB_ENDPOINT`."""
        return f"http://{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        program = _program()
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._port = ports.choose(["grpc"], self.folder / "ports.json")["grpc"]
        self._command = [str(program), f"{LOOPBACK}:{self._port}"]
        try:
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
        """Start it, empty, on its port, and return when it takes connections."""
        self._child = Child(self._command, self.folder / "pubsub.log")
        self._wait_for(_READY, 1)

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

    def later(self) -> None:
        """Put its clock on by LATER_S seconds: leases end without anybody waiting for it."""
        if self._child:
            n_before = self._child.said().count(_LATER)
            self._child.terminate(signal.SIGUSR1)
            self._wait_for(_LATER, n_before + 1)

    def _wait_for(self, word: str, n_times: int) -> None:
        deadline_s = time.monotonic() + READY_TIMEOUT_S
        while self._child and self._child.said().count(word) < n_times:
            if not self._child.running():
                raise Misconfigured(f"the fake Pub/Sub stopped by itself; its log says: {self._child.last_words()}")
            if time.monotonic() > deadline_s:
                raise Unavailable(f"the fake Pub/Sub does not answer after {READY_TIMEOUT_S:.0f} s")
            time.sleep(0.01)
