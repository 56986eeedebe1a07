"""Settings: small frozen values, read once from the environment (`STREAMS_...`), `.env` or secret files.

One place for the security settings of both Kafka clients. Secrets are secret types: they do not print.
Files: a file named after a setting in `STREAMS_SECRETS_DIR` (Docker and Kubernetes secrets) is read too.
"""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 1024 * 1024


class Settings(BaseSettings):
    """Every setting of every process; `junction-streams <command> --help` names those it uses."""

    model_config = SettingsConfigDict(
        env_prefix="STREAMS_",
        env_file=".env",
        secrets_dir=os.environ.get("STREAMS_SECRETS_DIR"),
        env_ignore_empty=True,  # compose passes `${NAME:-}` on as an empty text: that is "not set"
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # pydantic would print what was wrong, and endpoints hold secrets
    )

    # Kafka and the registry
    bootstrap_servers: str = ""
    registry_url: str = ""
    registry_user: str = ""
    registry_password: SecretStr = SecretStr("")
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    ssl_ca_file: Path | None = None
    ssl_cert_file: Path | None = None
    ssl_key_file: Path | None = None

    # Topics
    topic_prefix: str = Field(default="junction", pattern=r"^[A-Za-z0-9._-]{1,80}$")
    partitions: int = Field(default=12, ge=1, le=512)
    replication: int = Field(default=1, ge=1)
    raw_retention_days: int = Field(default=90, ge=1)
    record_bytes_max: int = Field(default=20 * MIB, ge=MIB)

    # Gateway: endpoint name -> live secrets, as JSON: {"junction": ["whsec_...", "whsec_old..."]}
    endpoints: Annotated[dict[str, list[SecretStr]], NoDecode] = Field(default_factory=dict)
    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(default=8080, ge=0, le=65535)
    body_bytes_max: int = Field(default=16 * MIB, ge=1024)
    signature_tolerance_s: int = Field(default=300, ge=1)
    publish_timeout_s: float = Field(default=12.0, gt=0, lt=15)  # Junction gives up after 15 s (dossier 7.4)
    retry_after_s: int = Field(default=30, ge=1)

    # Worker
    group_id: str = Field(default="junction-streams", pattern=r"^[A-Za-z0-9._-]{1,80}$")
    worker_id: str = Field(default="w0", pattern=r"^[A-Za-z0-9._-]{1,80}$")
    state_dir: Path = Path(".state/worker")
    commit_interval_s: float = Field(default=0.1, gt=0, le=5)
    session_timeout_s: float = Field(default=10.0, ge=6)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)  # 0: no metrics listener in the worker
    log_level: str = "INFO"

    @field_validator("endpoints", mode="before")
    @classmethod
    def _endpoints_from_json(cls, value: Any) -> Any:
        import msgspec

        if not isinstance(value, str):
            return value
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise ValueError('not JSON; expected {"name": ["whsec_..."]}') from None

    @property  # not cached: `model_copy` would carry the cached value of the other settings along
    def librdkafka(self) -> dict[str, str]:
        """Connection and security settings for confluent-kafka clients."""
        conf = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "sasl.mechanism": self.sasl_mechanism,
            "sasl.username": self.sasl_username,
            "sasl.password": self.sasl_password.get_secret_value(),
            "ssl.ca.location": str(self.ssl_ca_file or ""),
            "ssl.certificate.location": str(self.ssl_cert_file or ""),
            "ssl.key.location": str(self.ssl_key_file or ""),
        }
        return {name: value for name, value in conf.items() if value}

    @property
    def registry(self) -> dict[str, str]:
        """Settings for confluent-kafka's schema registry client."""
        conf = {"url": self.registry_url}
        if self.registry_user:
            conf["basic.auth.user.info"] = f"{self.registry_user}:{self.registry_password.get_secret_value()}"
        return conf
