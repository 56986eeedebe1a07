"""One rule for the addresses of all settings (`streams.ops.addresses`): no secret and no person's data in the clear."""

from typing import TYPE_CHECKING

from streams.ops import addresses
from streams.ops.errors import Misconfigured

if TYPE_CHECKING:  # because settings check themselves with it
    from streams.ops.settings import Settings

MSK_IAM = "AWS_MSK_IAM"
SASL_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", MSK_IAM)
# No registry at all: schema ids by position. For the mock cluster, where nothing outlives the process.
LOCAL_REGISTRY = "local:"


def check(settings: "Settings") -> None:
    """Raises Misconfigured for an address that is none, or to which a secret or people's data would go unencrypted."""
    _check_urls(settings)
    _check_registry(settings)
    addresses.check_servers(settings.bootstrap_servers)
    addresses.check_postgres(settings.postgres_url.get_secret_value(), insecure=settings.insecure)
    addresses.check_rabbitmq(settings.rabbitmq_url.get_secret_value(), insecure=settings.insecure)
    addresses.check_header("STREAMS_QUERY_TOKEN", settings.query_token.get_secret_value())
    _check_kafka(settings)


def _check_urls(settings: "Settings") -> None:
    for name, url, what in (
        ("STREAMS_JUNCTION_URL", settings.junction_url, "the key and people's data"),
        ("STREAMS_JUNCTION_MANAGEMENT_URL", settings.junction_management_url, "the management key"),
        ("STREAMS_SVIX_URL", settings.svix_url, "the token of Svix"),
        ("STREAMS_OAUTH_TOKEN_URL", settings.oauth_token_url, "a secret and tokens"),
        ("STREAMS_PUBSUB_ENDPOINT", settings.pubsub_endpoint, "people's data"),
        ("STREAMS_QUERY_URL", settings.query_url, "user ids and the token"),
        ("STREAMS_QUERY_HOST", settings.asked_host, "user ids and the token"),
        ("STREAMS_CONSOLE_URL", settings.console_url, "ids of users and deliveries, and the token"),
        ("STREAMS_CONSOLE_HOST", settings.console_host_address, "ids of users and deliveries, and the token"),
        *(("STREAMS_CONSOLE_GATEWAYS", url, "the token and ids of deliveries") for url in settings.console_gateways),
    ):
        if url:
            addresses.check(name, url, insecure=settings.insecure, why=what)


def _check_registry(settings: "Settings") -> None:
    for url in filter(None, settings.registry_url.split(",")):
        if url != LOCAL_REGISTRY:
            insecure = settings.insecure or not settings.has_registry_login
            addresses.check("STREAMS_REGISTRY_URL", url, insecure=insecure, why="the login")


def _check_kafka(settings: "Settings") -> None:
    if settings.security_protocol.startswith("SASL") and not settings.sasl_mechanism:
        raise Misconfigured(f"STREAMS_SASL_MECHANISM is not set: {', '.join(SASL_MECHANISMS)}")
    is_scram = settings.sasl_mechanism.startswith("SCRAM")
    if settings.security_protocol == "SASL_PLAINTEXT" and not is_scram and not settings.insecure:
        addresses.check_kafka(settings.bootstrap_servers, settings.sasl_mechanism)
