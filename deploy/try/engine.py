"""A Docker Engine in mount, network and process namespaces of its own.

All that it does ends with its first process: containers, mounts, networks. So nothing is left behind, however we end.
"""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from streams.demo.cluster import jars
from streams.demo.cluster.jars import to_stderr
from streams.demo.cluster.locks import hold
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Misconfigured, Unavailable

from . import debian
from .docker import Docker

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
RECIPE = debian.Recipe(
    "trixie",
    (
        "docker.io",
        "docker-cli",
        "docker-compose",
        "docker-buildx",
        "iptables",
        "iproute2",
        "slirp4netns",
        "ca-certificates",
    ),
)
CGROUP = "junction-streams-try"  # as inside.sh names it
READY_S, STOP_S = 30.0, 20.0


@contextmanager
def running() -> Iterator[Docker]:
    """An engine of its own until the block ends. Raises Misconfigured, or Unavailable when it does not start."""
    root = jars.cache_of(repr(RECIPE).encode())
    jars.once(root, _make)
    with hold(root.with_suffix(".in-use"), waiting=lambda: to_stderr("waiting: another engine of this user runs")):
        try:
            with tempfile.TemporaryDirectory(prefix="junction-streams-try-") as folder:
                yield from _running(root, Path(folder))
        finally:
            _forget_cgroups()


def _make(root: Path) -> None:
    made = debian.make(RECIPE, str(root))
    if made.wait():
        raise Misconfigured("mmdebstrap could not make the engine's Debian; what it says stands above")


def _running(root: Path, folder: Path) -> Iterator[Docker]:
    mounted = map(str, (CHECKOUT, folder, root.parent))
    unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
    engine = Child([*unshare, "sh", HERE / "inside.sh", root, *mounted], root.with_suffix(".log"))
    with ExitStack() as at_end:
        at_end.callback(engine.kill)  # and with it all that runs in its namespaces
        pid = _first_process(engine)
        docker = Docker(pid, folder)
        _wait_ready(engine, docker)
        network = Child(_NETWORK.format(pid=pid).split(), root.with_suffix(".network.log"))
        at_end.callback(network.kill)
        _forget_containers(docker)
        yield docker
        _forget_containers(docker)
        os.kill(pid, signal.SIGTERM)  # not to unshare, which ignores it
        engine.stop(signal.SIGCONT, timeout_s=STOP_S)


# A network in user space, which changes nothing of the machine's own: the engine's way to packages for its builds.
_NETWORK = (
    "nsenter --target={pid} --mount -- slirp4netns --configure --mtu=65520 --disable-host-loopback "
    "--netns-type=path /proc/1/ns/net tap0"
)


def _first_process(engine: Child) -> int:
    """The process that unshare started, as soon as it is there: the one with another process namespace."""
    ours = os.readlink("/proc/self/ns/pid")
    for _ in range(int(READY_S / 0.05)):
        for pid in Path(f"/proc/{engine.pid}/task/{engine.pid}/children").read_text().split():
            with suppress(OSError):  # because it has ended
                if os.readlink(f"/proc/{pid}/ns/pid") != ours:
                    return int(pid)
        _check(engine)
        time.sleep(0.05)
    raise Unavailable("the engine's first process did not start")


def _wait_ready(engine: Child, docker: Docker) -> None:
    until = time.monotonic() + READY_S
    while True:
        try:
            docker.ask("version")
        except Unavailable:
            _check(engine)
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def _check(engine: Child) -> None:
    if not engine.running():
        raise Unavailable(f"the engine has ended: {engine.last_words()}")


def _forget_containers(docker: Docker) -> None:
    """Those of a run that was killed would start again with the engine; its data would be taken for this run's."""
    if there := docker.ask("ps", "--all", "--quiet").split():
        docker.ask("rm", "--force", "--volumes", *there)
    docker.ask("volume", "prune", "--all", "--force")
    docker.ask("network", "prune", "--force")


def _forget_cgroups() -> None:
    """Empty folders of the machine's control groups, as soon as their last process is gone."""
    until = time.monotonic() + STOP_S
    while (tops := list(Path("/sys/fs/cgroup").glob(f"**/{CGROUP}"))) and time.monotonic() < until:
        for folder in sorted((path for top in tops for path in (top, *top.rglob("*")) if path.is_dir()), reverse=True):
            with suppress(OSError):  # because a process of it is still ending
                folder.rmdir()
        time.sleep(0.05)
