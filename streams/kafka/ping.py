"""Whether Kafka answers, and if not, whether a person has to act: asked before a process starts."""

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from streams.kafka.clients import SILENT
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import MSK_IAM, Settings

QUICK_S, PATIENT_S = 1.0, 4.0  # who is refused is told early, and a slow broker has time
TIMES = 2  # a refusal counts when it comes again: a broker that ends in the middle of a login looks like one
_LOGIN = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError.UNSUPPORTED_SASL_MECHANISM}
_AT_LOGIN = "STREAMS_SASL_MECHANISM, STREAMS_SASL_USERNAME and STREAMS_SASL_PASSWORD"
_LOOK_AT = {
    "OAUTHBEARER": (
        "STREAMS_SASL_MECHANISM, STREAMS_OAUTH_SCOPE, _AUDIENCE and _EXTENSIONS, at the issuer and the audience that "
        "Kafka expects of a token, and at the clocks"
    ),
    MSK_IAM: "AWS_REGION, at what the role may do (kafka-cluster:Connect), and at the clock",
}


def ping(settings: Settings, waits_s: Iterable[float] = (QUICK_S, PATIENT_S)) -> None:
    """Ask Kafka for anything, once for each of `waits_s`.

    Raises Misconfigured without an address and where login or certificates are refused, Unavailable without an answer.
    """
    if not settings.bootstrap_servers:
        raise Misconfigured("STREAMS_BOOTSTRAP_SERVERS is not set: the Kafka brokers, as host:port,host:port.")
    errors: list[KafkaError] = []
    client = admin_client(settings, errors)
    why = ""
    for wait_s in waits_s:
        try:
            client.list_topics(timeout=wait_s)
        except KafkaException as error:
            why = error.args[0].name()
        else:
            return
        client.poll(0)  # fills `errors`
        if refusal := _refusal(errors, settings):
            raise Misconfigured(f"{refusal} (Kafka at {settings.bootstrap_servers})")
    raise Unavailable(f"Kafka at {settings.bootstrap_servers} does not answer ({why})")


def admin_client(settings: Settings, errors: list[KafkaError] | None = None) -> AdminClient:
    """It connects on first use. What goes wrong with its connections is appended to `errors`. Raises Misconfigured."""
    noted = {} if errors is None else {"error_cb": errors.append}
    try:
        return AdminClient(for_librdkafka(settings) | SILENT | noted)
    except KafkaException as error:
        raise refused("a client of Kafka", error.args[0]) from None


def _refusal(errors: list[KafkaError], settings: Settings) -> str:
    """What a person has to look at; "" when it may pass."""
    said = [sentence for error in errors if (sentence := _sentence(error, settings))]
    return said[-1] if len(said) >= TIMES else ""


def _sentence(error: KafkaError, settings: Settings) -> str:
    # librdkafka has one code for all of TLS, and for what a broker that goes away leaves behind.
    text = error.str()
    if error.code() in _LOGIN:
        return f"the login is refused: look at {_LOOK_AT.get(settings.sasl_mechanism, _AT_LOGIN)}"
    if "certificate verify failed" in text:
        return (
            "the broker's certificate is not one of the authority in STREAMS_SSL_CA_FILE, is over, or has another name "
            "than STREAMS_BOOTSTRAP_SERVERS"
        )
    if "alert" in text and "SSL routines" in text:
        return (
            "our certificate is refused, or there is none: look at STREAMS_SSL_CERT_FILE and STREAMS_SSL_KEY_FILE, and "
            "which authority the broker trusts"
        )
    return ""
