"""Kafka and several gateways that read one file of secrets."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from connectors.control import signing_secret
from streams.demo.cluster import ports
from streams.demo.cluster.supervise import Child
from streams.demo.kafka import Say, kafka_for
from streams.demo.processes import service, wait_for_door
from streams.kafka import admin, registry
from streams.ops.settings import Settings

N_GATEWAYS = 2


class ManagedGateways:
    """`secret_file`: what all of them read. `kind` says in a few words what Kafka this is."""

    def __init__(self, settings: Settings, kind: str, folder: Path, stack: ExitStack) -> None:
        self.settings, self.kind, self.folder = settings, kind, folder
        self.secret_file = folder / "junction.secret"
        self._stack = stack
        self._children: list[Child] = []
        own = [
            {"gateway_port": ports.random_free(), "gateway_admin_port": ports.random_free()} for _ in range(N_GATEWAYS)
        ]
        self._settings = [settings.model_copy(update=one) for one in own]
        self.secret_file.unlink(missing_ok=True)
        signing_secret.write_new(self.secret_file)

    @property
    def ports(self) -> list[int]:
        return [one.gateway_port for one in self._settings]

    def start(self) -> None:
        """Returns when each is ready."""
        for number, one in enumerate(self._settings):
            logs = self.folder / f"gateway-{number}"
            logs.mkdir(exist_ok=True)
            self._children.append(service(self._stack, "gateway", one, f"file:{self.secret_file}", logs))
        for one in self._settings:
            wait_for_door(one)

    def stop(self) -> None:
        """All of them, in order: what they have begun they answer."""
        for child in self._children:
            child.stop()
        self._children.clear()


def _own_ports() -> dict[str, int]:
    return {"gateway_port": ports.random_free(), "gateway_admin_port": ports.random_free()}


@contextmanager
def gateways(settings: Settings, keep: Path | None, say: Say) -> Iterator[ManagedGateways]:
    """Ready to receive; everything gone at the end, what lies in `keep` excepted."""
    with ExitStack() as stack:
        found, kind, folder, _ = kafka_for(stack, settings, keep, say)
        say("topics and schemas")
        if not found.is_mock:
            admin.apply(found)
        registry.register(found)
        say("two gateways")
        made = ManagedGateways(found.model_copy(update={"state_dir": folder / "state"}), kind, folder, stack)
        made.start()
        yield made
