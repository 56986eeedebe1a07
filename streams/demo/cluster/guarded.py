"""A Kafka that asks for a login and lets nobody do what no rule allows: SCRAM, StandardAuthorizer, one super user.

On loopback, without TLS. Passwords are made at each start; nobody else knows that of the super user.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from pydantic import SecretStr

from streams.demo.cluster.kafka import Kafka
from streams.demo.cluster.ports import LOOPBACK

ADMIN = "admin"
MECHANISM = "SCRAM-SHA-512"
_ITERATIONS = 4096  # the least that Kafka takes
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


class GuardedKafka(Kafka):
    """One node. Its own connections and the super user's log in by PLAIN: SCRAM's passwords lie in the cluster that has
    yet to start."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._password = secrets.token_urlsafe(24)

    @property
    def admin(self) -> Mapping[str, Any]:
        """Settings of the super user's login."""
        return login(ADMIN, self._password) | {"sasl_mechanism": "PLAIN"}

    def add_users(self, names: Iterable[str]) -> dict[str, str]:
        """A random password for each."""
        made = {name: secrets.token_urlsafe(24) for name in names}
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
        wanted = [UserScramCredentialUpsertion(name, info, password.encode()) for name, password in made.items()]
        client = self._client()  # kept by its name: an answer to a client that is gone is an error
        for future in client.alter_user_scram_credentials(wanted).values():
            future.result()
        return made

    def _client(self) -> AdminClient:
        return AdminClient(
            {
                "bootstrap.servers": self.bootstrap_servers,
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "PLAIN",
                "sasl.username": ADMIN,
                "sasl.password": self._password,
                "log_level": 0,
            }
        )

    def _properties(self, node: int) -> Mapping[str, object]:
        own = f'{_PLAIN} username="{ADMIN}" password="{self._password}" user_{ADMIN}="{self._password}";'
        names = {"clients": self._ports[f"broker-{node}"], "controller": self._ports[f"controller-{node}"]}
        return {
            **super()._properties(node),
            "listeners": ",".join(f"{name.upper()}://{LOOPBACK}:{port}" for name, port in names.items()),
            "advertised.listeners": f"CLIENTS://{LOOPBACK}:{names['clients']}",
            "inter.broker.listener.name": "CLIENTS",
            "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.clients.sasl.enabled.mechanisms": f"PLAIN,{MECHANISM}",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN}",
            "listener.name.clients.plain.sasl.jaas.config": own,
            "listener.name.controller.plain.sasl.jaas.config": own,
            f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": _SCRAM,
        }


def login(name: str, password: str) -> dict[str, Any]:
    """Settings of a user's login."""
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": MECHANISM,
        "sasl_username": name,
        "sasl_password": SecretStr(password),
    }
