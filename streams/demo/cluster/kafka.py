"""Apache Kafka in KRaft mode: one node, or several for tests that kill some of them.

Every node is broker and controller, bound to loopback. A new node's folder is formatted as Kafka's StorageTool does it:
meta.properties from here, bootstrap.checkpoint as the tool wrote it (see jars.py).
"""

import base64
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.demo.cluster import ports
from streams.demo.cluster.archive import Archive
from streams.demo.cluster.jars import Jars
from streams.demo.cluster.ports import LOOPBACK
from streams.demo.cluster.service import Service
from streams.demo.cluster.supervise import Child

MIB = 1024 * 1024
MESSAGE_BYTES_MAX = 24 * MIB  # above `record_bytes_max`, which is above a body of 16 MiB
_JVM = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",  # else 1,000 lines of settings at each start
)


class Kafka(Service):
    """`nodes` brokers with data in `folder`/node-N. Nodes count from 1.

    `advertised_port`: where clients of a single node are told to connect, such as a proxy's; None: to the node itself.
    """

    name = "Kafka"
    jvm: tuple[str, ...] = _JVM

    def __init__(
        self,
        jars: Jars,
        folder: Path,
        *,
        nodes: int = 1,
        partitions: int = 4,
        pass_fds: Sequence[int] = (),
        advertised_port: int | None = None,
    ) -> None:
        self._jars = jars
        self._folder = folder
        self._nodes = range(1, nodes + 1)
        self._partitions = partitions
        self._pass_fds = pass_fds
        self._advertised_port = advertised_port
        self._ports: dict[str, int] = {}
        self.children = {}
        self.archive = Archive(jars.class_archive("kafka"))

    @property
    def bootstrap_servers(self) -> str:
        """host:port of every node, comma separated; "" before the start."""
        return ",".join(f"{LOOPBACK}:{self._ports[f'broker-{node}']}" for node in self._nodes if self._ports)

    def launch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        names = [f"{role}-{node}" for node in self._nodes for role in ("broker", "controller")]
        self._ports = ports.choose(names, self._folder / "ports.json")
        cluster_id = self._cluster_id()
        for node in self._nodes:
            self._format(node, cluster_id)
            self._launch_node(node)

    def answers(self) -> bool:
        """Every node that ought to run accepts connections and is known to the cluster."""
        if not all(ports.listening(self._ports[f"broker-{node}"]) for node in self.children):
            return False
        try:
            return len(self._client().list_topics(timeout=5).brokers) >= len(self.children)
        except KafkaException:
            return False

    def _client(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})

    def kill(self, node: int = 1) -> None:
        """SIGKILL one node; it stays down until `restart`."""
        self.children.pop(node).kill()

    def restart(self, node: int = 1) -> None:
        """Start a node that was killed, or stop it cleanly first when it runs. Same ports, same data."""
        if node in self.children:
            self.children.pop(node).stop()
        self._launch_node(node)
        self.wait()

    def _launch_node(self, node: int) -> None:
        config = self._folder / f"node-{node}.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in self._properties(node).items()))
        flags = [*self.jvm, *self.archive.flags()]
        self.children[node] = Child(
            [self._jars.java, *flags, "-cp", self._class_path, "kafka.Kafka", config],
            self._folder / f"node-{node}.log",
            pass_fds=self._pass_fds,
        )

    @property
    def _class_path(self) -> str:
        return self._jars.kafka_class_path

    def _properties(self, node: int) -> Mapping[str, object]:
        replicas = min(3, len(self._nodes))
        in_sync = 2 if replicas == 3 else 1
        broker, controller = self._ports[f"broker-{node}"], self._ports[f"controller-{node}"]
        voters = ",".join(f"{n}@{LOOPBACK}:{self._ports[f'controller-{n}']}" for n in self._nodes)
        return {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "listeners": f"PLAINTEXT://{LOOPBACK}:{broker},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{self._advertised_port or broker}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self._data(node),
            "auto.create.topics.enable": "false",
            "num.partitions": self._partitions,
            "default.replication.factor": replicas,
            "min.insync.replicas": in_sync,
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": replicas,
            "offsets.retention.minutes": 525_600,  # a laptop may be closed for more than Kafka's week
            "transaction.state.log.num.partitions": 4,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": in_sync,
            "group.initial.rebalance.delay.ms": 0,
            "message.max.bytes": MESSAGE_BYTES_MAX,
            "replica.fetch.max.bytes": MESSAGE_BYTES_MAX,
            # Hundreds of small partitions on a laptop: indexes of 1 MiB, not 10, and a cleaner of 16, not 128.
            "log.segment.bytes": 64 * MIB,
            "log.index.size.max.bytes": MIB,
            "log.cleaner.dedupe.buffer.size": 16 * MIB,
            # After a kill the controller refuses a node until its former session is over: 4 s instead of 9.
            "broker.session.timeout.ms": 4000,
            "broker.heartbeat.interval.ms": 500,
            "replica.lag.time.max.ms": 6000,
        }

    def _data(self, node: int) -> Path:
        return self._folder / f"node-{node}"

    def _cluster_id(self) -> str:
        """That of the data in the folder, else a new one."""
        meta = self._data(1) / "meta.properties"
        lines = meta.read_text().splitlines() if meta.exists() else []
        return next((line.removeprefix("cluster.id=") for line in lines if line.startswith("cluster.id=")), _new_id())

    def _format(self, node: int, cluster_id: str) -> None:
        data = self._data(node)
        if (data / "meta.properties").exists():
            return
        data.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._jars.checkpoint, data / "bootstrap.checkpoint")
        meta = {"version": 1, "cluster.id": cluster_id, "node.id": node, "directory.id": _new_id()}
        (data / "meta.properties").write_text("".join(f"{name}={value}\n" for name, value in meta.items()))


def _new_id() -> str:
    """A random Kafka Uuid: 16 bytes, URL-safe base64 without padding, not beginning with a dash (Uuid.randomUuid)."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
