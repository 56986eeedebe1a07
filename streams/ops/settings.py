"""Settings: small frozen values, read once from the environment (`STREAMS_...`), `.env` or secret files.

One place for the security settings of both Kafka clients. Secrets are secret types: they do not print.
Files: a file named after a setting in `STREAMS_SECRETS_DIR` (Docker and Kubernetes secrets) is read too.
The sentence under each setting is its line in docs/configuration.md (`make docs` writes it).
"""

import os
import socket
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from streams.ops import addresses, clear_text, setting_forms
from streams.ops.clear_text import LOCAL_REGISTRY as LOCAL_REGISTRY
from streams.ops.clear_text import MSK_IAM as MSK_IAM
from streams.ops.errors import Misconfigured
from streams.ops.setting_forms import FILE as FILE

MIB = 1024 * 1024
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # because it is compared, not bound


def load() -> "Settings":
    """The settings as they are now. Raises Misconfigured: what is wrong is named by variable, never by value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"STREAMS_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        raise Misconfigured(f"settings: {wrong}. See docs/configuration.md.") from None
    except UnicodeDecodeError:
        raise Misconfigured("settings: the .env of this folder is no text in UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"settings: cannot read {error.filename}: {error.strerror}") from None


def sources(name: str) -> list[Path]:
    """Files beside the environment from which the setting of that name may come. Those that are not there count."""
    conf = Settings.model_config
    folder, variable = conf.get("secrets_dir"), f"{conf['env_prefix']}{name}"
    # A secret file's name counts in any case, as that of a variable does.
    there = Path(str(folder)).glob("*") if folder else ()
    return [Path(str(conf["env_file"])), *(one for one in sorted(there) if one.name.lower() == variable.lower())]


class Settings(BaseSettings):
    """Every setting of every process; `junction-streams <command> --help` names those it uses."""

    model_config = SettingsConfigDict(
        env_prefix="STREAMS_",
        env_file=".env",
        secrets_dir=os.environ.get("STREAMS_SECRETS_DIR"),
        env_ignore_empty=True,  # compose passes `${NAME:-}` on as an empty text: that is "not set"
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,  # docs/configuration.md is made from them
        hide_input_in_errors=True,  # pydantic would print what was wrong, and endpoints hold secrets
    )

    # Every process
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least that every process logs."""
    insecure: bool = False
    """Let keys, passwords and people's data go unencrypted to hosts that are not your own."""

    # Kafka and the registry
    bootstrap_servers: str = ""
    """Kafka, as `host:port,host:port`. Empty: `demo` and `up` start one here, and other commands use theirs."""
    registry_url: str = Field(default="", repr=False)
    """Base URL of the Confluent-compatible API; Apicurio's ends in `/apis/ccompat/v7`."""
    registry_user: str = ""
    """Where the registry asks for a name and a password."""
    registry_password: SecretStr = SecretStr("")
    """Goes with `STREAMS_REGISTRY_USER`."""
    registry_token: SecretStr = SecretStr("")
    """Where the registry asks for a bearer token that does not end."""
    registry_oauth: bool = False
    """Whether to log in at the registry with tokens of `STREAMS_OAUTH_TOKEN_URL`."""
    registry_oauth_scope: str = ""
    """Empty: `STREAMS_OAUTH_SCOPE`."""
    registry_cluster: str = ""
    """Confluent Cloud's id of the registry, `lsrc-...`; goes with a token."""
    registry_identity_pool: str = ""
    """Confluent Cloud's id of the identity pool, `pool-...`; goes with a token."""
    registry_ca_file: Path | None = None
    """PEM file with the authority that signed the registry's certificate. Unset: public ones."""
    registry_cert_file: Path | None = None
    """PEM file with our certificate, where the registry asks for one."""
    registry_key_file: Path | None = None
    """PEM file with the key of that certificate."""
    registry_key_password: SecretStr = SecretStr("")
    """Of that key, where it is encrypted."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How to talk to Kafka."""
    sasl_mechanism: str = ""
    """PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM (docs/kafka.md)."""
    sasl_username: str = ""
    """Login at Kafka by PLAIN or SCRAM."""
    sasl_password: SecretStr = SecretStr("")
    """Login at Kafka by PLAIN or SCRAM."""
    ssl_ca_file: Path | None = None
    """PEM file with the authority that signed Kafka's certificate. Unset: the system's."""
    ssl_cert_file: Path | None = None
    """PEM file with our certificate, where Kafka asks for one."""
    ssl_key_file: Path | None = None
    """PEM file with the key of our certificate."""
    ssl_key_password: SecretStr = SecretStr("")
    """Of that key, where it is encrypted."""
    client_rack: str = ""
    """Rack or zone of this process. With one, brokers that have a `replica.selector.class` let it read from near."""
    oauth_grant: Literal["client_credentials", "jwt_bearer", "azure"] = "client_credentials"
    """How tokens for OAUTHBEARER are got: with the id and secret (or key) of a client, with a signed assertion
    (RFC 7523), or from Azure's metadata service as a managed identity."""
    oauth_token_url: str = Field(default="", repr=False)
    """Where tokens are asked for; the `token_endpoint` of OpenID Connect. Empty for `azure`: its own address."""
    oauth_client_id: str = ""
    """Our id there. For `azure` that of a user-assigned identity; empty: the system-assigned one."""
    oauth_client_secret: SecretStr = SecretStr("")
    """Our secret there."""
    oauth_key_file: Path | None = None
    """PEM file with the private key that signs, in place of a secret. Read again for each token."""
    oauth_key_password: SecretStr = SecretStr("")
    """Of that key, where it is encrypted."""
    oauth_key_id: str = ""
    """Under which id the token server knows the key (`kid`)."""
    oauth_scope: str = ""
    """What the token is asked for, where the token server wants to know."""
    oauth_audience: str = ""
    """Whom the token is for, where the token server wants to know; for `azure` the `resource`; of a signed assertion
    the audience, which is the token URL where this is empty."""
    oauth_extensions: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    """What goes to Kafka with each token: `logicalCluster=lkc-...,identityPoolId=pool-...` for Confluent Cloud."""
    oauth_ca_file: Path | None = None
    """PEM file with the authority that signed the token server's certificate. Unset: the system's."""

    compression: Literal["lz4", "gzip", "zstd"] = "lz4"
    """How records are compressed before they are sent. Azure Event Hubs takes gzip alone."""

    # Topics
    topic_prefix: str = Field(default="junction", pattern=r"^[A-Za-z0-9._-]{1,80}$")
    """First part of every topic's name. Two installations on one Kafka need prefixes of which neither begins with the
    other and `.`: the rights of one would include the other's topics."""
    partitions: int = Field(default=12, ge=1, le=512)
    """Of every topic. Choose once: another number moves users to other partitions."""
    replication: int = Field(default=1, ge=1)
    """Copies of every record; 3 in production."""
    raw_retention_days: int = Field(default=90, ge=1)
    """How long events are kept as they came, dead letters, and what our own processes ask of each other."""
    clean_retention_days: int | None = Field(default=None, ge=1)
    """How long clean records and alerts are kept. Unset: as long as raw events. What is gone from a clean topic does
    not come back by a replay: the tables know it already."""
    lineage_days: int = Field(default=30, ge=0)
    """How long `junction.lineage` says what became of each delivery; 0: workers write none."""
    lineage_dir: Path = Path(".state/lineage")
    """Where the index of lineage is kept. May be lost: it is made again from Kafka. The list of who is forgotten lies
    beside it (`.state/lineage.forgotten`), and has to stay."""
    lineage_gib_max: float = Field(default=20.0, gt=0)
    """How large that index may become, in GiB; then its oldest days go. A delivery takes about 110 bytes."""
    compaction_days: int = Field(default=7, ge=1)
    """After so many days a row that was replaced or deleted is gone from compacted topics and changelogs."""
    record_bytes_max: int = Field(default=20 * MIB, ge=MIB)
    """Largest record that topics and clients allow."""

    # Gateway
    endpoints: Annotated[dict[str, list[SecretStr]], NoDecode] = Field(default_factory=dict)
    """Endpoint name and its live signing secrets, newest first, as JSON: `{"junction": ["whsec_..."]}`. Or the file
    that holds them, `{"junction": "file:/run/secrets/junction"}`: one a line, newest first; `#` begins a comment.
    Changes of the file, of `.env` and of `STREAMS_SECRETS_DIR` count without a restart."""
    gateway_host: str = "127.0.0.1"
    """Address to listen on for webhooks."""
    gateway_port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on for webhooks; 0 takes a free one."""
    gateway_admin_host: str = "127.0.0.1"
    """Address of the gateway's `/livez`, `/readyz`, `/metrics`, `/secrets` and `/refused`: for your own, not for
    strangers."""
    gateway_admin_port: int = Field(default=9080, ge=0, le=65535)
    """Port of those; 0 takes a free one."""
    gateway_processes: int = Field(default=1, ge=1, le=64)
    """Processes that share the port for webhooks. One does for most; more than cores are of no use."""
    gateway_connections_max: int = Field(default=4096, ge=16)
    """Connections open at once, of all processes together. Above it the one that waited longest is closed; an address
    that has sent no right signature may have a quarter."""
    gateway_tls_cert_file: Path | None = None
    """PEM file with the gateway's certificate and those between it and its authority. Unset: plain HTTP, behind a
    proxy. Read again when it changes."""
    gateway_tls_key_file: Path | None = None
    """PEM file with the key of the gateway's certificate."""
    gateway_allowed_networks: Annotated[tuple[str, ...], NoDecode] = ()
    """Networks that may send webhooks, separated by commas: `10.0.0.0/8`, or Svix's published addresses: `svix`,
    `svix-us`, `svix-us-east`, `svix-eu`. Empty: everybody may; the signature decides."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Networks of your own proxies, separated by commas. Only from them is X-Forwarded-For believed."""
    body_bytes_max: int = Field(default=16 * MIB, ge=1024)
    """A larger body is answered 413."""
    signature_tolerance_s: int = Field(default=300, ge=1)
    """How far a delivery's clock may be from ours, either way."""
    publish_timeout_s: float = Field(default=12.0, gt=0, lt=15)
    """How long a request waits for Kafka before it is answered 503. Junction gives up after 15 s."""
    publish_queue_bytes_max: int = Field(default=64 * MIB, ge=MIB)
    """How many bytes of a gateway process's records may wait for Kafka. From half of it time series are answered 503,
    from three quarters summaries and what else can wait, at the whole of it everything."""
    retry_after_s: int = Field(default=30, ge=1)
    """What a 503 tells Junction to wait."""

    # Worker
    group_id: str = Field(default="junction-streams", pattern=r"^[A-Za-z0-9._-]{1,80}$")
    """Workers of one group share the work; also the first part of the changelogs' names. Two installations on one Kafka
    need names of which neither begins with the other and `-`."""
    worker_id: str = Field(default="w0", pattern=r"^([A-Za-z0-9._-]|\{n\}){1,80}$")
    """Differs between the workers of a group, and stays the same when one starts again. `{n}` in it and in
    `STREAMS_STATE_DIR` stands for the first number that no other process on this disk has, so that workers with the
    same settings run side by side: `w{n}` and `/var/lib/streams/w{n}`."""
    state_dir: Path = Path(".state/worker")
    """Where this worker keeps its tables. May be lost: they are read back from Kafka."""
    commit_interval_s: float = Field(default=0.1, gt=0, le=5)
    """Longest time that a transaction collects records."""
    session_timeout_s: float = Field(default=10.0, ge=6)
    """After so long without a sign of life the partitions of a worker, fetcher or notifier go to the others, after a
    stop, too: one that is back by then, under its name, goes on with its own. Shorter: others take over sooner, and one
    that pauses (a slow disk, a moved machine) loses its partitions sooner. Those of `source eventhubs` go to others at
    once when it stops; Azure takes 6 s to 300 s."""
    query_host: str = "127.0.0.1"
    """Address on which a worker answers `status`."""
    query_port: int = Field(default=0, ge=0, le=65535)
    """Port on which a worker answers `status`; 0: none. Workers on one machine need a port each."""
    query_url: str = Field(default="", repr=False)
    """Under which address others reach this worker's query API, of each worker its own; empty: `STREAMS_QUERY_HOST` and
    `_PORT`, and where that is every address (`0.0.0.0`) the name of this host, which in a container is its own."""
    query_token: SecretStr = SecretStr("")
    """Whoever asks a worker, or a gateway what it refused, has to know it; required when the query API is not bound to
    loopback."""
    console_gateways: Annotated[tuple[str, ...], NoDecode] = Field(default=(), repr=False)
    """Base URLs of the gateways' listeners for operators (`http://127.0.0.1:9080`), separated by commas. A
    name that leads to several, by http, is all of them. Who traces a delivery asks them what they refused. Empty:
    refused deliveries are not seen."""
    metrics_host: str = "127.0.0.1"
    """Address of the worker's `/metrics`."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """Port of the worker's `/metrics`; 0: none."""

    samples_window_days: int = Field(default=90, ge=0)
    """After so many days without a delivery, what is known of an hour of samples is forgotten: the same samples would
    count as new, and say `beyond_window`. 0: never."""
    source_priority: Annotated[tuple[str, ...], NoDecode] = ()
    """Source types, best first, separated by commas: which of several sources is preferred. Those left out follow in
    the order of Junction Sense: lab, automatic, watch, ring, ..."""
    provider_priority: Annotated[tuple[str, ...], NoDecode] = ()
    """Providers, best first, separated by commas: decides between sources of equal type."""
    history_pushed: Annotated[tuple[Literal["rabbitmq", "pubsub", "azure"], ...], NoDecode] = ()
    """Doors of pipelines through which Junction pushes history as events (`push_historical_data`), separated by commas:
    rabbitmq, pubsub, azure. A notice of history that comes through one of them is not followed by a fetch."""
    fallback_time_zone: str = ""
    """IANA name of the zone of users whose own is not known from their data; only for providers that send local time
    as if it were UTC. Empty: their times stay unplaced."""

    # Alerts
    alert_rules: Path | None = None
    """TOML file with rules for alerts on data (docs/alerts.md). Unset: none. Changes count without a restart."""
    notify_receivers: Annotated[dict[str, dict[str, Any]], NoDecode] = Field(default_factory=dict, repr=False)
    """Who is told of alerts, as JSON, by name (docs/alerts.md). Empty: the log."""
    notify_attempts: int = Field(default=8, ge=1, le=20)
    """How often an alert is brought to a receiver that does not take it; then it is given up."""

    # Console
    console_host: str = "127.0.0.1"
    """Address on which `lineage serve` answers `trace`, `story` and `why`; others reach it with `STREAMS_QUERY_TOKEN`
    alone."""
    console_port: int = Field(default=8060, ge=0, le=65535)
    """Its port; 0 takes a free one."""
    console_url: str = Field(default="", pattern=r"^(https?://\S+)?$", repr=False)
    """Under which address those commands ask it; empty: `STREAMS_CONSOLE_HOST` and `_PORT`. Where nothing answers there
    they read Kafka themselves, and say so."""

    # PostgreSQL sink
    postgres_url: SecretStr = SecretStr("")
    """Where `sink postgres` writes: `postgresql://user:password@host/database`."""
    postgres_schema: str = Field(default="junction", pattern=r"^[a-z_][a-z0-9_]{0,40}$")
    """Schema that holds the tables. The sink makes it."""
    postgres_topics: Annotated[tuple[str, ...], NoDecode] = ()
    """Clean topics to write, without their prefix, separated by commas. Empty: all."""
    postgres_sink: str = Field(default="postgres", pattern=r"^[A-Za-z0-9._-]{1,40}$")
    """Name of the sink: processes of one name share the work of filling one database. A second database that is filled
    from the same Kafka needs another name."""

    # Sources: doors that ask
    source_messages_max: int = Field(default=400, ge=1, le=10_000)
    """How many messages a source takes ahead of what Kafka has. RabbitMQ and Pub/Sub know no other bound: the most
    memory is so many times their largest message, which for Pub/Sub is 10 MB."""
    rabbitmq_url: SecretStr = SecretStr("")
    """Where `source rabbitmq` reads: `amqps://user:password@host/vhost`."""
    rabbitmq_queue: str = Field(default="junction", pattern=r"^[A-Za-z0-9._:-]{1,200}$")
    """Queue that holds Junction's events. `source setup rabbitmq --declare` makes it."""
    rabbitmq_exchange: str = Field(default="junction", pattern=r"^[A-Za-z0-9._:-]{1,200}$")
    """Exchange that Junction publishes to."""
    rabbitmq_ca_file: Path | None = None
    """PEM file with the authority that signed RabbitMQ's certificate. Unset: the system's."""
    pubsub_subscription: str = Field(default="", pattern=r"^(projects/[^/\s]+/subscriptions/[^/\s]+)?$")
    """Subscription that `source pubsub` reads: `projects/P/subscriptions/S`. `source setup pubsub --declare` makes it.
    The login is that of Google's application default credentials."""
    pubsub_topic: str = Field(default="", pattern=r"^(projects/[^/\s]+/topics/[^/\s]+)?$")
    """Topic that Junction publishes to: `projects/P/topics/T`. Only `source setup` and `source check` need it."""
    pubsub_endpoint: str = Field(default="https://pubsub.googleapis.com", pattern=r"^https?://\S+$")
    """Google's Pub/Sub, or that of one region, which keeps the order of a user's events if Junction publishes there,
    too: `https://us-central1-pubsub.googleapis.com`, `https://europe-west1-pubsub.googleapis.com`. `http://` is for an
    emulator of your own: no login then."""

    event_hubs_connection: SecretStr = SecretStr("")
    """Where `source eventhubs` reads: the connection string of a policy with Listen,
    `Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=...;SharedAccessKey=...`."""
    event_hubs_name: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,256}$")
    """Hub that holds Junction's events. Empty: the `EntityPath` of the connection string."""
    event_hubs_group: str = Field(default="junction-streams", pattern=r"^[$A-Za-z0-9._-]{1,80}$")
    """Kafka consumer group there, in which Event Hubs keeps how far we are. Nobody else may use it: it spans the
    namespace, and who reads the hub as the same group takes events away from us."""
    event_hubs_fetch_bytes: int = Field(default=8 * MIB, ge=MIB, le=256 * MIB)
    """How many bytes are fetched ahead from Event Hubs, of all partitions together, and at most in one answer."""
    event_hubs_ca_file: Path | None = None
    """PEM file with the authority that signed Event Hubs' certificate. Unset: the system's."""

    # Fetcher
    fetch_calls_max: int = Field(default=16, ge=1, le=1000)
    """Calls of Junction's API under way at once, in one fetcher."""
    reconcile_every_h: float = Field(default=24.0, ge=0)
    """How often a fetcher compares all with Junction and fetches what is missing; 0: never. It asks workers."""

    # Junction's API
    junction_region: Literal["us", "eu"] = "us"
    """Where the team's data lie; fixed when the team was made."""
    junction_environment: Literal["production", "sandbox"] = "production"
    """Goes with the key: `pk_...` is production, `sk_...` sandbox."""
    junction_url: str = Field(default="", pattern=r"^(https?://\S+)?$", repr=False)
    """Base URL instead of the one that region and environment give; for tests and the fake Junction."""
    junction_api_key: SecretStr = SecretStr("")
    """The team's key, from Junction's dashboard. Or the three settings of a management key."""
    junction_org_id: str = ""
    """Organisation that the management key belongs to."""
    junction_team_id: str = ""
    """Team for which access tokens are minted."""
    junction_management_key: SecretStr = SecretStr("")
    """`mg_...`: mints access tokens of a few minutes instead of a team's key; `webhooks`, `source setup` need it."""
    junction_management_url: str = Field(
        default="https://api.management.junction.com", pattern=r"^https?://\S+$", repr=False
    )
    """Junction's Org Management API: where access tokens are minted, and pipelines set up."""
    svix_token: SecretStr = SecretStr("")
    """Of the team's application at Svix, from Junction on request: `webhooks recover` has sent again what failed."""
    svix_app_id: str = ""
    """`app_...`: the team's application at Svix; Junction's API tells it as `svix_app_id` of the team."""
    svix_url: str = Field(default="", pattern=r"^(https?://\S+)?$", repr=False)
    """Base URL of Svix's API instead of the one of the token's region."""
    junction_requests_per_s: float = Field(default=20.0, gt=0)
    """Most requests a second, of all fetchers of the team together. Junction names no limit; it once said 33."""
    junction_requests_at_once: int = Field(default=8, ge=1)
    """Most requests under way in one process."""
    junction_timeout_s: float = Field(default=30.0, gt=0)
    """How long an answer may take, to its last byte."""
    junction_tries: int = Field(default=5, ge=1)
    """How often one call is tried when Junction is busy, limits us, or cannot be reached."""
    junction_patience_s: float = Field(default=60.0, gt=0)
    """No further try of one call is begun after so long; then the job is put back for later."""
    junction_answer_bytes_max: int = Field(default=64 * MIB, ge=MIB)
    """A longer answer, unpacked, is refused: ask for a shorter span."""

    _mechanism = field_validator("sasl_mechanism")(setting_forms.sasl_mechanism)
    _worker = field_validator("worker_id")(setting_forms.own_transactional_id)
    _group = field_validator("group_id")(setting_forms.own_group)
    _lists = field_validator(*setting_forms.LISTS, mode="before")(setting_forms.from_commas)
    _pairs = field_validator("oauth_extensions", mode="before")(setting_forms.pairs)
    _endpoints = field_validator("endpoints", mode="before")(setting_forms.endpoints)
    _receivers = field_validator("notify_receivers", mode="before")(setting_forms.receivers)

    @model_validator(mode="after")
    def _no_secret_in_the_clear(self) -> Self:
        """Raises Misconfigured, which pydantic lets through."""
        clear_text.check(self)
        addresses.check_header("STREAMS_REGISTRY_TOKEN", self.registry_token.get_secret_value())
        return self

    def need_kafka(self) -> None:
        """Raises Misconfigured, saying what to run, when no Kafka is named."""
        if not self.bootstrap_servers:
            raise Misconfigured(
                "no Kafka: set STREAMS_BOOTSTRAP_SERVERS, or run `junction-streams up` in another terminal"
            )

    @property
    def has_registry_login(self) -> bool:
        """Whether the registry is told who we are."""
        has_token = self.registry_oauth or self.registry_token.get_secret_value()
        return bool(self.registry_user or has_token or "@" in self.registry_url)

    @property
    def clean_days(self) -> int:
        """How long clean records are kept, in days."""
        return self.clean_retention_days or self.raw_retention_days

    @property
    def query_address(self) -> str:
        """Under which others reach this worker's query API."""
        name = socket.gethostname() if self._is_asked_everywhere else self.query_host
        host = f"[{name}]" if ":" in name else name
        return self.query_url or f"http://{host}:{self.query_port}"

    @property
    def console_address(self) -> str:
        """Under which commands ask the process that keeps the index."""
        return self.console_url or self.console_host_address

    @property
    def console_host_address(self) -> str:
        """The one that is made of host and port."""
        host = "127.0.0.1" if self.console_host in _EVERYWHERE else self.console_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.console_port}"

    @property
    def _is_asked_everywhere(self) -> bool:
        return self.query_host in _EVERYWHERE

    @property
    def asked_host(self) -> str:
        """The address that is made of host and port, where it is used; a worker may listen on all of its own."""
        is_none = self.query_url or not self.query_port or self._is_asked_everywhere
        return "" if is_none else self.query_address

    @property
    def junction_base_url(self) -> str:
        """Where the team's data are asked for."""
        host = f"{self.junction_region}.junction.com"
        return self.junction_url or f"https://api.{'sandbox.' * (self.junction_environment == 'sandbox')}{host}"

    @property
    def is_mock(self) -> bool:
        """Kafka is librdkafka's mock cluster, which has no topic settings, and there is no registry."""
        return self.registry_url == LOCAL_REGISTRY
