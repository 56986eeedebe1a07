"""A fake Google Pub/Sub on loopback, as a context manager: Google's own, `pstest` of its Go client. It ends when we do.

It keeps everything in memory, so a restart loses topics, subscriptions and messages. A message that nobody took for ten
minutes is dropped, whatever the subscription says. Nobody logs in. It hands out the publish time that the simulator
names, in place of its own. What is pulled from an empty subscription waits for
half a second, whatever comes meanwhile, so its figures with few users under way say nothing of Google's.
"""

import signal
from pathlib import Path

from streams.demo.cluster import ports
from streams.demo.cluster.ports import LOOPBACK
from streams.demo.cluster.supervise import Child
from streams.demo.pipelines import go
from streams.demo.pipelines.broker import LocalBroker
from streams.ops.errors import Misconfigured

LATER_S = 30
_LATER = "later"


def missing() -> str:
    """Why none can run here, with what to do; "" where one can. Builds it, the first time of a user."""
    try:
        _program()
    except Misconfigured as error:
        return str(error)
    return ""


def _program() -> Path:
    return go.program("streams.demo.pipelines.pstest", "Google's fake of Pub/Sub")


class FakePubSub(LocalBroker):
    """See LocalBroker. Started again, it is empty."""

    what, ready_word, ready_s = "the fake Pub/Sub", "ready", 30.0

    @property
    def endpoint(self) -> str:
        """For `STREAMS_PUBSUB_ENDPOINT`."""
        return f"http://{LOOPBACK}:{self._port}"

    def _prepare(self) -> None:
        program = _program()
        self._port = ports.choose(["grpc"], self.folder / "ports.json")["grpc"]
        self._command = [str(program), f"{LOOPBACK}:{self._port}"]

    def _launch(self) -> Child:
        return Child(self._command, self.folder / "pubsub.log")

    def later(self) -> None:
        """Put its clock on by LATER_S seconds: leases end without anybody waiting for it."""
        if self._child:
            n_before = self._child.said().count(_LATER)
            self._child.terminate(signal.SIGUSR1)
            self._wait_for(_LATER, n_before + 1)
