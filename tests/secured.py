"""A Kafka that asks for TLS, and for a password, a certificate or a token: its authority, listeners, users."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from streams.demo.cluster import jars, ports
from streams.demo.cluster.kafka import Kafka
from streams.demo.cluster.ports import LOOPBACK
from tests.token_server import AUDIENCE, ISSUER, TokenServer

USER, PASSWORD = "worker", "the-right-password"
PLAIN_USER, PLAIN_PASSWORD = "gateway", "another-right-password"
SESSION_S = 2.0  # then Kafka closes a connection that logged in: aiokafka does not log in again on an open one


class Authority:
    """Signs certificates. `ca`: its own, as a PEM file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("authority")
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self._signed(self._name, self._key, is_authority=True))

    def issue(self, name: str, password: str = "") -> tuple[Path, Path]:
        """Files with a certificate for 127.0.0.1 and its key, which is encrypted if there is a password."""
        key = ec.generate_private_key(ec.SECP256R1())
        cert_file, key_file = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        cert_file.write_bytes(self._signed(_name(name), key, is_authority=False))
        hidden = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
        return cert_file, key_file

    def _signed(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool) -> bytes:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        )
        return made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


class SecuredKafka(Kafka):
    """One node, with three more listeners: for SCRAM, for a certificate, for PLAIN or a token."""

    def __init__(
        self, files: jars.Jars, folder: Path, authority: Authority, tokens: TokenServer, *, session_s: float = SESSION_S
    ) -> None:
        super().__init__(files, folder)
        self._tokens, self._session_s = tokens, session_s
        self.jvm = (*self.jvm, f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={tokens.jwks_url}")
        self._ports_of = {name: ports.random_free() for name in ("PASSWORD", "CERTIFICATE", "TOKEN")}
        self._store = folder.parent / "broker.pem"
        self._ca = authority.ca
        cert, key = authority.issue("broker")
        self._store.write_bytes(key.read_bytes() + cert.read_bytes() + authority.ca.read_bytes())

    @property
    def by_password(self) -> str:
        return f"{LOOPBACK}:{self._ports_of['PASSWORD']}"

    @property
    def by_certificate(self) -> str:
        return f"{LOOPBACK}:{self._ports_of['CERTIFICATE']}"

    @property
    def by_token(self) -> str:
        return f"{LOOPBACK}:{self._ports_of['TOKEN']}"

    def _properties(self, node: int) -> Mapping[str, object]:
        plain = super()._properties(node)
        more = "".join(f",{name}://{LOOPBACK}:{port}" for name, port in self._ports_of.items())
        password = "listener.name.password"
        module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        session_ms = int(self._session_s * 1000)
        return {
            **plain,
            "listeners": f"{plain['listeners']}{more}",
            "advertised.listeners": f"{plain['advertised.listeners']}{more}",
            "listener.security.protocol.map": (
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PASSWORD:SASL_SSL,CERTIFICATE:SSL,TOKEN:SASL_SSL"
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._store,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self._ca,
            "listener.name.certificate.ssl.client.auth": "required",
            f"{password}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            f"{password}.scram-sha-512.sasl.jaas.config": module,
            f"{password}.connections.max.reauth.ms": session_ms,
            **self._token_properties(session_ms),
        }

    def _token_properties(self, session_ms: int) -> Mapping[str, object]:
        security, token = "org.apache.kafka.common.security", "listener.name.token"
        return {
            f"{token}.sasl.enabled.mechanisms": "OAUTHBEARER,PLAIN",
            f"{token}.plain.sasl.jaas.config": (
                f'{security}.plain.PlainLoginModule required user_{PLAIN_USER}="{PLAIN_PASSWORD}";'
            ),
            f"{token}.oauthbearer.sasl.jaas.config": f"{security}.oauthbearer.OAuthBearerLoginModule required;",
            f"{token}.oauthbearer.sasl.server.callback.handler.class": (
                f"{security}.oauthbearer.OAuthBearerValidatorCallbackHandler"
            ),
            f"{token}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url": self._tokens.jwks_url,
            f"{token}.oauthbearer.sasl.oauthbearer.expected.audience": AUDIENCE,
            f"{token}.oauthbearer.sasl.oauthbearer.expected.issuer": ISSUER,
            f"{token}.oauthbearer.sasl.oauthbearer.clock.skew.seconds": 0,
            f"{token}.connections.max.reauth.ms": session_ms,
        }

    def add_user(self) -> None:
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        wanted = UserScramCredentialUpsertion(USER, info, PASSWORD.encode())
        for future in admin.alter_user_scram_credentials([wanted]).values():
            future.result()


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
