"""The clients that are tried, their versions, and what docs/consumers.md says of them: the one place for all three."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version

KAFKA_CLIENTS = "4.3.0"
NODE = {
    "kafkajs": "2.2.4",
    "@kafkajs/confluent-schema-registry": "4.1.0",
    "lz4js": "0.2.0",
    "@platformatic/kafka": "2.12.1",
    "avsc": "5.7.9",
}
NODE_CONFLUENT = {"@confluentinc/kafka-javascript": "1.10.1", "@confluentinc/schemaregistry": "1.10.1", "avsc": "5.7.9"}
GO = {
    "github.com/twmb/franz-go": "1.22.3",
    "github.com/IBM/sarama": "1.61.1",
    "github.com/segmentio/kafka-go": "0.4.51",
    "github.com/hamba/avro/v2": "2.31.0",
    "github.com/linkedin/goavro/v2": "2.15.0",
}
KAFKA_PYTHON = {"kafka-python": "3.0.12", "lz4": "4.4.5"}  # beside our own libraries
_OWN = {name: version(name) for name in ("confluent-kafka", "aiokafka", "fastavro")}
_SAID = {
    "github.com/twmb/franz-go": "franz-go",
    "github.com/IBM/sarama": "sarama",
    "github.com/segmentio/kafka-go": "kafka-go",
    "github.com/hamba/avro/v2": "hamba/avro",
    "github.com/linkedin/goavro/v2": "goavro",
}
TRUSTED = "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=junction"


@dataclass(frozen=True)
class Client:
    """One way to read. `program`: the words from which `build` makes its command.

    `commits`: exactly the committed records are shown; None: it ends at its first record, so nobody can tell.
    `values`: they say what was written. `say`: what the page adds.
    """

    name: str
    language: str
    client: str
    avro: str
    program: tuple[str, ...]
    commits: bool | None = True
    values: bool = True
    say: str = ""

    def wrong(self, say: str, *, commits: bool | None, values: bool = True) -> "Client":
        """The same, with what is wrong about it."""
        return replace(self, say=say, commits=commits, values=values)


def _pinned(name: str, pins: Mapping[str, str]) -> str:
    """`name version`, with the name that people say."""
    return f"{_SAID.get(name, name)} {pins[name]}"


def _java(avro: str, kind: str, *options: str) -> Client:
    name = f"java-{kind.lower()}-{avro}{'-trusted' if options else ''}"
    how = {"Specific": "classes", "Generic": "`GenericRecord`"}[kind]
    say = f"with `{options[0]}`" if options else ""
    return Client(name, "Java", f"kafka-clients {KAFKA_CLIENTS}", f"{avro}, {how}", (avro, kind, *options), say=say)


def _python(client: str, file: str, avro: str, version_of: str) -> Client:
    pins = _OWN | KAFKA_PYTHON
    return Client(client, "Python", _pinned(client, pins), f"{avro} {pins[version_of]}", (file, client))


def _go(client: str, avro: str) -> Client:
    short, library = _SAID[client], _SAID[avro].replace("/", "-")
    return Client(f"{short}-{library}", "Go", _pinned(client, GO), _pinned(avro, GO), (short, library))


def _node(name: str, client: str, avro: str, file: str, hook: str) -> Client:
    pins = NODE | NODE_CONFLUENT
    say = "with the type hook" if hook == "with" else ""
    return Client(name, "Node", _pinned(client, pins), _pinned(avro, pins), (file, hook, client), say=say)


def _javas() -> Iterator[Client]:
    yield _java("1.11.4", "Specific")
    yield _java("1.11.5", "Specific")
    yield _java("1.12.0", "Specific").wrong("`ClassCastException` at the first samples", commits=None, values=False)
    yield _java("1.12.0", "Generic")
    yield _java("1.12.1", "Specific")
    yield _java("1.12.2", "Specific").wrong("`SecurityException` at the first record", commits=None, values=False)
    yield _java("1.12.2", "Specific", TRUSTED)
    yield _java("1.12.2", "Generic")


def _pythons() -> Iterator[Client]:
    yield _python("confluent-kafka", "with_confluent_kafka.py", "its AvroDeserializer, fastavro", "fastavro")
    yield _python("aiokafka", "with_aiokafka.py", "fastavro", "fastavro")
    yield _python("kafka-python", "with_kafka_python.py", "fastavro", "fastavro")


def _gos() -> Iterator[Client]:
    hamba, goavro = "github.com/hamba/avro/v2", "github.com/linkedin/goavro/v2"
    yield _go("github.com/twmb/franz-go", hamba)
    yield _go("github.com/twmb/franz-go", goavro)
    yield _go("github.com/IBM/sarama", hamba)
    markers = "shows aborted records, and the markers of transactions as records of 4 and 6 bytes"
    yield _go("github.com/segmentio/kafka-go", hamba).wrong(markers, commits=False)


def _nodes() -> Iterator[Client]:
    ours = ("@confluentinc/kafka-javascript", "@confluentinc/schemaregistry", "confluent.mjs")
    theirs = ("kafkajs", "@kafkajs/confluent-schema-registry", "kafkajs.mjs")
    hash_ends = "`potential precision loss`: `content_hash` needs the type hook"
    yield _node("kafka-javascript", *ours, "with")
    yield _node("kafka-javascript-plain", *ours, "without").wrong(hash_ends, commits=None, values=False)
    yield _node("kafkajs", *theirs, "with").wrong("shows aborted records", commits=False)
    yield _node("kafkajs-bare", *theirs, "bare").wrong("has no codec for lz4", commits=None, values=False)
    platformatic = _node("platformatic", "@platformatic/kafka", "avsc", "platformatic.mjs", "with")
    yield platformatic.wrong("shows aborted records", commits=False)


CLIENTS = (*_javas(), *_pythons(), *_gos(), *_nodes())
BY_NAME = {client.name: client for client in CLIENTS}
