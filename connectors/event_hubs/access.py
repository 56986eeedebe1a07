"""The connection string of Azure → where Event Hubs is and how to log in; what is wrong with it as a sentence."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from confluent_kafka import KafkaError
from pydantic import SecretStr

from streams.kafka.clients import SILENT
from streams.ops.errors import Misconfigured, StreamsError, Unavailable
from streams.ops.settings import Settings

PORT = 9093
_FORM = "Endpoint=sb://NAMESPACE.servicebus.windows.net/;SharedAccessKeyName=...;SharedAccessKey=..."
_REFUSED_TIMES = 2  # a broker that ends in the middle of a login looks like one that refuses it
_RIGHTS = frozenset(
    (
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    )
)
_LOGIN = frozenset((KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED))
# Microsoft, "Apache Kafka client configurations for Azure Event Hubs": Azure closes what is idle for 240 s.
_FOR_AZURE = {
    "socket.keepalive.enable": True,
    "metadata.max.age.ms": 180_000,
    "connections.max.idle.ms": 180_000,
    "reconnect.backoff.max.ms": 2_000,
}


class HubAccess(NamedTuple):
    """`server`: host:port of the Kafka endpoint. `hub`: its name, that of a topic. `policy`: whose key it is."""

    server: str
    hub: str
    policy: str
    connection: SecretStr


def read_access(settings: Settings) -> HubAccess:
    """What the settings say. Raises Misconfigured, without a word of what they hold but the names of its parts."""
    text = settings.event_hubs_connection.get_secret_value().strip()
    if not text:
        raise Misconfigured(f"no Event Hubs: set STREAMS_EVENT_HUBS_CONNECTION, as {_FORM}")
    parts = {name.strip().lower(): value.strip() for name, _, value in (one.partition("=") for one in text.split(";"))}
    missing = [name for name in ("Endpoint", "SharedAccessKeyName", "SharedAccessKey") if not parts.get(name.lower())]
    if missing or not text.isprintable():
        lacks = f" (it lacks {', '.join(missing)})" if missing else ""
        raise Misconfigured(f"STREAMS_EVENT_HUBS_CONNECTION is no connection string{lacks}: it is {_FORM}")
    hub = _hub(settings.event_hubs_name, parts.get("entitypath", ""))
    return HubAccess(_server(parts["endpoint"]), hub, parts["sharedaccesskeyname"], SecretStr(text))


def _hub(named: str, in_path: str) -> str:
    if named and in_path and named != in_path:
        raise Misconfigured(
            "STREAMS_EVENT_HUBS_NAME is another hub than the EntityPath of STREAMS_EVENT_HUBS_CONNECTION"
        )
    if not (named or in_path):
        raise Misconfigured("no hub: set STREAMS_EVENT_HUBS_NAME; the connection string is that of a whole namespace")
    return named or in_path


def _server(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port or PORT
        is_one = bool(host) and parts.scheme == "sb" and "@" not in parts.netloc
    except ValueError:
        is_one = False
    if not is_one:
        raise Misconfigured(
            "the Endpoint of STREAMS_EVENT_HUBS_CONNECTION is none: it is sb://NAMESPACE.servicebus.windows.net/"
        )
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def client_conf(settings: Settings, access: HubAccess) -> dict[str, Any]:
    """Settings of librdkafka's clients. TLS always: the password is the connection string, with its key."""
    ca = {"ssl.ca.location": str(settings.event_hubs_ca_file)} if settings.event_hubs_ca_file else {}
    return {
        **SILENT,
        **_FOR_AZURE,
        **ca,
        "bootstrap.servers": access.server,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "$ConnectionString",
        "sasl.password": access.connection.get_secret_value(),
    }


def wrong(errors: Sequence[KafkaError], access: HubAccess, group: str, *, is_known: bool = False) -> StreamsError:
    """Of what librdkafka said since the last answer: Misconfigured where a person has to act, else Unavailable.

    `is_known`: the hub was there before, so that it is not known now may pass.
    """
    where = f"Event Hubs at {access.server}"
    for error in errors:
        if what := _sentence(error, access, group):
            return Misconfigured(f"{where} {what}")
    codes = [error.code() for error in errors]
    if sum(code in _LOGIN for code in codes) >= _REFUSED_TIMES:
        return Misconfigured(f"{where} refuses the login of policy {access.policy}: see STREAMS_EVENT_HUBS_CONNECTION")
    if KafkaError.UNKNOWN_TOPIC_OR_PART in codes and not is_known:
        return Misconfigured(f"{where} has no hub {access.hub}: see STREAMS_EVENT_HUBS_NAME")
    why = f" ({errors[-1].name()})" if errors else ""
    return Unavailable(f"{where} does not answer{why}")


def _sentence(error: KafkaError, access: HubAccess, group: str) -> str:
    """What a person has to change; "" where nothing is certain from one such error."""
    if error.code() in _RIGHTS:
        return f"does not let policy {access.policy} read hub {access.hub} as group {group}: give it Listen"
    if "certificate verify failed" in error.str():
        return "has a certificate that is not trusted, is over, or has another name: see STREAMS_EVENT_HUBS_CA_FILE"
    if "ssl.ca.location" in error.str():
        return "cannot be asked: STREAMS_EVENT_HUBS_CA_FILE is no file of certificates (PEM) that can be read"
    if error.code() == KafkaError._INVALID_ARG:
        return f"cannot be asked: {error.str()}"
    return ""
