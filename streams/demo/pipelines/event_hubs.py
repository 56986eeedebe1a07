"""A look-alike of Azure Event Hubs: the embedded Kafka, with one more listener that asks for what Event Hubs asks for.

TLS with an authority of its own, PLAIN, user `$ConnectionString`, password the connection string. It is Kafka inside:
it knows nothing of policies, tiers, quotas or AMQP, and takes any client that has the one connection string.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka.admin import AdminClient, NewTopic
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.kafka import Kafka
from streams.demo.cluster.ports import LOOPBACK

USER = "$ConnectionString"
RETENTION_HOURS = 24  # of a hub that is made without a word about it
_LISTENER = "HUBS"
_VALID_DAYS = 30
_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule required"


class HubsKafka(Kafka):
    """One node. Its plain listener stays, so one Kafka can be both: where events come from, and where they go."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._hubs_port = ports.random_free()
        self._key = secrets.token_urlsafe(32) + "="
        self.ca_file = self._folder / "hubs-ca.pem"
        self._store = self._folder / "hubs-store.pem"

    @property
    def connection(self) -> SecretStr:
        """For `STREAMS_EVENT_HUBS_CONNECTION`. One of Azure has no port in it."""
        policy = f"SharedAccessKeyName=streams;SharedAccessKey={self._key}"
        return SecretStr(f"Endpoint=sb://{LOOPBACK}:{self._hubs_port}/;{policy}")

    def launch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not ports.is_free(self._hubs_port) and not self.children:
            self._hubs_port = ports.random_free()
        write_certificate(self.ca_file, self._store)
        super().launch()

    def _properties(self, node: int) -> Mapping[str, object]:
        plain = super()._properties(node)
        more = f",{_LISTENER}://{LOOPBACK}:{self._hubs_port}"
        own = f"listener.name.{_LISTENER.lower()}"
        password = self.connection.get_secret_value()
        return {
            **plain,
            "listeners": f"{plain['listeners']}{more}",
            "advertised.listeners": f"{plain['advertised.listeners']}{more}",
            "listener.security.protocol.map": f"PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,{_LISTENER}:SASL_SSL",
            f"{own}.ssl.keystore.type": "PEM",
            f"{own}.ssl.keystore.location": self._store,
            f"{own}.sasl.enabled.mechanisms": "PLAIN",
            f"{own}.plain.sasl.jaas.config": f'{_MODULE} user_{USER}="{password}";',
        }


class EventHubs:
    """One look-alike with a Kafka of its own, as a context manager. Raises as `Cluster` does."""

    def __init__(self) -> None:
        self._cluster = Cluster(registry=False, broker=HubsKafka)

    @property
    def kafka(self) -> HubsKafka:
        """The broker: `connection`, `ca_file`; `kill` and `restart` for who tries what happens then."""
        assert isinstance(self._cluster.kafka, HubsKafka)  # noqa: S101  # because it was made so
        return self._cluster.kafka

    def __enter__(self) -> Self:
        self._cluster.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.stop()


def make_hub(kafka: Kafka, name: str, *, partitions: int = 4, retention_hours: int = RETENTION_HOURS) -> None:
    """What `az eventhubs eventhub create` does at Azure."""
    client = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0})
    config = {"retention.ms": str(retention_hours * 3_600_000)}
    for future in client.create_topics([NewTopic(name, partitions, config=config)]).values():
        future.result()


def write_certificate(ca_file: Path, store: Path) -> None:
    """An authority as PEM, and a key with a certificate of it for loopback: a keystore as Kafka reads one (KIP-651)."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = _signed("authority", authority, authority, is_authority=True)
    cert = _signed("event hubs look-alike", key, authority, is_authority=False)
    ca_file.write_bytes(ca)
    store.touch(mode=0o600)
    store.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + cert + ca)


def _signed(name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, is_authority: bool) -> bytes:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
    )
    return made.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
