"""Stored events proved again: which secret signed each, of now or of the past, in raw topics and dead letters."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Message

from connectors.webhook import secret_files
from streams.events import topics
from streams.events.headers import Headers
from streams.events.proof import KnownSecrets, Proof, prove_record
from streams.events.signature import Keyring
from streams.kafka.reader import Messages
from streams.kafka.record_at import record_at
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings


class ProvedRecord(NamedTuple):
    """A record's place, when it was stored (Unix milliseconds), and what is proved of it."""

    topic: str
    partition: int
    offset: int
    stored_at_ms: int
    size_bytes: int
    proof: Proof


def known_secrets(settings: Settings, retired: Path | None) -> list[KnownSecrets]:
    """Those of each endpoint, and those of a file with retired ones. Raises Misconfigured, also where there is none."""
    # Of any length: what is proved may be older than the rule.
    known = [
        KnownSecrets(name, Keyring.parse(secret_files.secrets_of(settings, name), any_length=True))
        for name in settings.endpoints
    ]
    if retired:
        known.append(KnownSecrets(str(retired), Keyring.parse(secret_files.read(retired), any_length=True)))
    if not known:
        raise Misconfigured("no secret to verify with: set STREAMS_ENDPOINTS as the gateway has it, or --secrets-file")
    return known


def prover(settings: Settings) -> Callable[[Headers, bytes], Proof] | None:
    """Proves a stored record with the secrets as they are then, of files that have changed, too; None where there are
    none. It raises Misconfigured."""
    if not settings.endpoints:
        return None

    def prove(headers: Headers, body: bytes) -> Proof:
        known = known_secrets(settings, None)
        return prove_record(known, headers, body, tolerance_s=settings.signature_tolerance_s)

    return prove


def topic_name(settings: Settings, topic: str) -> str:
    """The full name of a topic that holds events as they came. Raises Misconfigured for another."""
    prefix = f"{settings.topic_prefix}."
    short = topic.removeprefix(prefix)
    if short not in (*topics.RAW, topics.DEAD_LETTERS):
        raise Misconfigured(f"{topic} holds no signatures: {', '.join(topics.RAW)} and {topics.DEAD_LETTERS} do")
    return prefix + short


def proof_at(
    settings: Settings, known: Sequence[KnownSecrets], topic: str, partition: int, offset: int
) -> ProvedRecord:
    """What is proved of one record. Raises Misconfigured where there is none, Unavailable."""
    return _proved(settings, known, record_at(settings, topic_name(settings, topic), partition, offset))


def proofs(
    settings: Settings, known: Sequence[KnownSecrets], topic: str, since_ms: int | None
) -> Iterator[ProvedRecord]:
    """What is proved of each record that is there now and not older. `topic`: "" for all raw ones."""
    names = [topic_name(settings, one) for one in ([topic] if topic else topics.RAW)]
    with closing(Messages(settings, names, from_beginning=True, since_ms=since_ms)) as messages:
        for message in messages.until_now():
            yield _proved(settings, known, message)


def _proved(settings: Settings, known: Sequence[KnownSecrets], message: Message) -> ProvedRecord:
    body, tolerance_s = message.value() or b"", settings.signature_tolerance_s
    proof = prove_record(known, list(message.headers() or []), body, tolerance_s=tolerance_s)
    place = (message.topic(), message.partition(), message.offset(), message.timestamp()[1])
    return ProvedRecord(*place, len(body), proof)
