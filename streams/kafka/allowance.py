"""Asks Kafka what it would let us set, without setting anything (`validate_only`)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from streams.events import Topic
from streams.kafka.admin_calls import ANSWER_S, settings_resource
from streams.kafka.allowed import RECORD, Allowance, settings_of
from streams.kafka.topic_changes import Action, Change
from streams.ops.settings import MIB

# Kafka's policies and the rules of services; any other refusal (rights, replication) is told when it is applied.
_NOT_ALLOWED = {KafkaError.POLICY_VIOLATION, KafkaError.INVALID_CONFIG, KafkaError.INVALID_REQUEST}
_WHY_CHARS_MAX = 200

Ask = Callable[[Mapping[str, str]], str | None]  # settings → why they are refused, None where they are not


def allowances(client: AdminClient, layout: Sequence[Topic], changes: Sequence[Change]) -> dict[Action, Allowance]:
    """What of the settings of these changes is refused: at creation, and on topics that are there."""
    found: dict[Action, Allowance] = {}
    for action, wanted in settings_of(changes).items():
        example = next(change for change in changes if change.action is action)
        topic = next(topic for topic in layout if topic.name == example.topic)
        if action is not Action.IMPOSSIBLE:
            found[action] = _learn(_asking(client, action, topic), wanted)
    return found


def _learn(ask: Ask, wanted: Iterable[Mapping[str, str]]) -> Allowance:
    """Whole sets first: where all is right, one question each is all."""
    refused: dict[tuple[str, str], str] = {}
    for config in wanted:
        left = {name: value for name, value in config.items() if (name, value) not in refused}
        if ask(left) is None:
            continue
        for name, value in left.items():
            if (why := ask({name: value})) is not None:
                refused[name, value] = why
    sizes = [int(value) for name, value in refused if name == RECORD]
    return Allowance(refused, _most(ask, min(sizes)) if sizes else None)


def _most(ask: Ask, refused_bytes: int) -> int | None:
    """The largest record below one that is refused, in whole MiB; None where not even one MiB is taken."""
    least, most = 0, refused_bytes // MIB + (refused_bytes % MIB > 0)  # taken, refused
    while most - least > 1:
        middle = (least + most) // 2
        if ask({RECORD: str(middle * MIB)}) is None:
            least = middle
        else:
            most = middle
    return least * MIB or None


def _asking(client: AdminClient, action: Action, topic: Topic) -> Ask:
    def create(config: Mapping[str, str]) -> str | None:
        new = NewTopic(topic.name, topic.partitions, topic.replication, config=dict(config))
        return _why(client.create_topics([new], validate_only=True, request_timeout=ANSWER_S))

    def alter(config: Mapping[str, str]) -> str | None:
        resource = settings_resource(topic.name, config)
        return _why(client.incremental_alter_configs([resource], validate_only=True, request_timeout=ANSWER_S))

    return create if action is Action.CREATE else alter


def _why(asked: Mapping[object, object]) -> str | None:
    (future,) = asked.values()
    try:
        future.result()  # type: ignore[attr-defined]  # because the library has no types
    except KafkaException as error:
        if error.args[0].code() in _NOT_ALLOWED:
            return str(error.args[0].str())[:_WHY_CHARS_MAX]
    return None
