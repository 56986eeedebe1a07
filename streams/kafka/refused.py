"""What Kafka refuses, as an error of ours: Misconfigured where a person has to act, else Unavailable."""

from confluent_kafka import KafkaError

from streams.ops.errors import Forbidden, Misconfigured, Unavailable

# What a login may not do: no waiting helps.
RIGHTS = frozenset(
    {
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)

# Asking again changes nothing: logins, settings.
_A_PERSON_HAS_TO_ACT = {
    KafkaError._AUTHENTICATION,
    KafkaError._INVALID_ARG,
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_EXCEPTION,
    KafkaError.UNSUPPORTED_SASL_MECHANISM,
}
# A broker that has just restarted answers so, too, until it knows its topics again.
_UNKNOWN = {KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART}


def refused(what: str, error: KafkaError, *, is_question: bool = False) -> Unavailable | Misconfigured:
    """`what`: what was tried, `reading junction.alerts`. `is_question`: of what was there a moment ago."""
    if error.code() in RIGHTS:
        return forbidden(what, error.code())
    if is_question and error.code() in _UNKNOWN:
        return Unavailable(f"{what}: {error.name()}. If it stays so, look at `junction-streams topics plan`")
    if error.code() not in _A_PERSON_HAS_TO_ACT | _UNKNOWN:
        return Unavailable(f"{what}: {error.name()}")
    # librdkafka says which setting it does not take, and no password is ever one of those.
    why = f"{error.name()}, {error.str()}" if error.code() == KafkaError._INVALID_ARG else error.name()
    return Misconfigured(
        f"{what}: {why}. Look at STREAMS_BOOTSTRAP_SERVERS and the settings of its login, at the rights of that login, "
        "and at `junction-streams topics plan`"
    )


def forbidden(what: str, code: int) -> Forbidden:
    """`what`: what was tried, with the name of the topic, the group or the transactional id."""
    return Forbidden(
        f"{what}: {KafkaError(code).name()}. This login lacks a right that its role needs: "
        "`junction-streams topics acls plan` says which"
    )
