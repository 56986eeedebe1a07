"""A Kafka with TLS, PLAIN and tokens, a token server, a registry, and what processes are told."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from streams.demo.cluster import jars
from streams.demo.cluster.ports import random_free
from streams.demo.cluster.registry import Registry
from streams.ops import private
from streams.ops.settings import Settings
from tests import token_server
from tests.secured import Authority, SecuredKafka
from tests.token_server import TokenServer

HERE = Path(__file__).resolve().parents[2]
ENDPOINT, SIGNING_SECRET = "tokens", "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Stage:
    """`clear`: settings that need no login, for who prepares and reads."""

    kafka: SecuredKafka
    tokens: TokenServer
    authority: Authority
    clear: Settings

    def environment(self, name: str) -> dict[str, str]:
        """Of a process that logs in with tokens, whose scope is its name."""
        own = self.clear
        told = ("topic_prefix", "group_id", "partitions", "registry_url", "gateway_port", "gateway_admin_port")
        return {
            "STREAMS_STATE_DIR": str(own.state_dir),
            **{f"STREAMS_{one.upper()}": str(getattr(own, one)) for one in told},
            "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [SIGNING_SECRET]}),
            "STREAMS_BOOTSTRAP_SERVERS": self.kafka.by_token,
            "STREAMS_SECURITY_PROTOCOL": "SASL_SSL",
            "STREAMS_SASL_MECHANISM": "OAUTHBEARER",
            "STREAMS_SSL_CA_FILE": str(self.authority.ca),
            "STREAMS_OAUTH_TOKEN_URL": self.tokens.token_url,
            "STREAMS_OAUTH_CLIENT_ID": token_server.CLIENT,
            "STREAMS_OAUTH_CLIENT_SECRET": token_server.SECRET,
            "STREAMS_OAUTH_SCOPE": name,
            "PYTHONPATH": str(HERE),
        }


def command(*words: str) -> list[str]:
    """Of this checkout's program, whatever the working directory."""
    return [sys.executable, "-m", "streams.cli", *words]


def whole(environment: dict[str, str]) -> dict[str, str]:
    """With what else a process has, but for settings of ours."""
    return {**private.environment(), **environment}


@contextmanager
def staged(folder: Path, *, life_s: float, session_s: float) -> Iterator[Stage]:
    """Until the block ends. `life_s`: of tokens; `session_s`: until Kafka wants another login."""
    files, authority = jars.resolve(), Authority(folder / "authority")
    with token_server.running(life_s) as tokens:
        kafka = SecuredKafka(files, folder / "kafka", authority, tokens, session_s=session_s)
        registry = Registry(files, folder / "registry")
        try:
            for service in (kafka, registry):
                service.launch()
            for service in (kafka, registry):
                service.wait()
            yield Stage(kafka, tokens, authority, _clear(kafka, registry, folder))
        finally:
            kafka.stop(discard=True)
            registry.stop(discard=True)


def _clear(kafka: SecuredKafka, registry: Registry, folder: Path) -> Settings:
    return Settings(
        _env_file=None,
        bootstrap_servers=kafka.bootstrap_servers,
        registry_url=registry.url,
        endpoints={ENDPOINT: [SecretStr(SIGNING_SECRET)]},
        partitions=4,
        gateway_port=random_free(),
        gateway_admin_port=random_free(),
        state_dir=folder / "state",
    )
