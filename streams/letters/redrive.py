"""Put dead letters back, each once.

Guarantee: exactly once. A letter's return to its raw topic and the mark that it has returned are one transaction; marks
are read after Kafka has fenced every other redrive of this group, so that two at once, or one after the other, never
return a letter twice. The return is a record like any other: the worker deduplicates it by its keys.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer

from streams.events import times, topics
from streams.kafka.clients import SILENT
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.letters.letter import Letter, LetterFilter
from streams.letters.returns import Return, return_of
from streams.letters.topic_reader import RedriveMark, letters, marks
from streams.ops.errors import Misconfigured, Reason, Unavailable
from streams.ops.settings import Settings

BATCH = 100  # letters of one transaction; one that is interrupted puts none of them back
ANSWER_S = 15.0

_silent_logger = logging.Logger("librdkafka")  # it would write about being fenced to stderr, past our sentence
_silent_logger.addHandler(logging.NullHandler())


class RedriveOutcome(NamedTuple):
    """What became of a letter. `outcome`: redriven, would_redrive, already or refused; `why`: in words."""

    place: str
    outcome: str
    event_type: str
    why: str


def redrive(settings: Settings, wanted: LetterFilter, *, dry_run: bool, rate: float) -> Iterator[RedriveOutcome]:
    """Put matching letters back, at most `rate` a second (0: no limit). With `dry_run` say what would happen.

    Raises Unavailable, or Misconfigured when another redrive has taken over.
    """
    if dry_run:  # fences no other redrive: what that one is just putting back may be shown as still to do
        yield from _planned(settings, wanted, marks(settings))
        return
    producer = Producer(_conf(settings), logger=_silent_logger)
    # In this order: init returns when the last transaction under this id has ended everywhere; only ours can follow.
    # Marks that are read after it are complete; before it, they would lack what the fenced redrive just committed.
    # Letters are read last: one that is newer than the marks has not been redriven.
    _call(producer.init_transactions, ANSWER_S)
    done = marks(settings)
    batch: list[tuple[Letter, Return]] = []
    for letter in letters(settings, wanted):
        outcome, put = _decide(settings, letter, wanted, done)
        if put is None:
            yield outcome
            continue
        batch.append((letter, put))
        if len(batch) >= _batch_size(rate):
            yield from _commit(settings, producer, batch, rate)
            batch = []
    yield from _commit(settings, producer, batch, rate)


def _planned(settings: Settings, wanted: LetterFilter, done: dict[str, RedriveMark]) -> Iterator[RedriveOutcome]:
    return (_decide(settings, letter, wanted, done)[0] for letter in letters(settings, wanted))


def _decide(
    settings: Settings, letter: Letter, wanted: LetterFilter, done: dict[str, RedriveMark]
) -> tuple[RedriveOutcome, Return | None]:
    mark = done.get(letter.place)
    if mark and mark.at_ms == letter.at_ms:  # else: of a topic that was made anew
        why = f"redriven at {mark.redriven_at} to {mark.to}"
        return RedriveOutcome(letter.place, "already", letter.event_type, why), None
    put = return_of(letter, settings.topic_prefix, settings.partitions, settings.body_bytes_max)
    if refusal := put.refusal or _undecided(letter, wanted):
        return RedriveOutcome(letter.place, "refused", letter.event_type, refusal), None
    return RedriveOutcome(letter.place, "would_redrive", letter.event_type, f"to {put.topic} {put.partition}"), put


def _undecided(letter: Letter, wanted: LetterFilter) -> str:
    """Whose it is was said in two ways; back goes what a person named, and not what a wide filter caught."""
    if letter.reason != Reason.ENVELOPE_CONFLICT or wanted.place or wanted.reason:
        return ""
    name = f"--reason {Reason.ENVELOPE_CONFLICT}, or {letter.place}"
    return f"its envelope contradicts its body: to believe the body, name it ({name})"


def _batch_size(rate: float) -> int:
    """At most a second's worth, so that the limit holds from the start."""
    return max(1, min(BATCH, int(rate))) if rate else BATCH


def _commit(
    settings: Settings, producer: Producer, batch: Iterable[tuple[Letter, Return]], rate: float
) -> Iterator[RedriveOutcome]:
    rows, began_s = list(batch), time.monotonic()
    if not rows:
        return
    _call(producer.begin_transaction)
    try:
        for letter, put in rows:
            _put(settings, producer, letter, put)
        _call(producer.commit_transaction, ANSWER_S)
    except BaseException:  # Ctrl-C too: nothing of the batch is to be seen
        _give_up(producer)
        raise
    for letter, put in rows:
        yield RedriveOutcome(letter.place, "redriven", letter.event_type, f"to {put.topic} {put.partition}")
    if rate:
        time.sleep(max(0.0, len(rows) / rate - (time.monotonic() - began_s)))


def _put(settings: Settings, producer: Producer, letter: Letter, put: Return) -> None:
    mark = RedriveMark(letter.at_ms, times.text(time.time_ns() // 1000), f"{put.topic} {put.partition}")
    marks_topic = f"{settings.topic_prefix}.{topics.REDRIVEN}"
    _call(producer.produce, put.topic, put.body, put.key, put.partition, headers=list(put.headers))
    _call(producer.produce, marks_topic, msgspec.json.encode(mark), letter.place.encode(), letter.partition)


def _give_up(producer: Producer) -> None:
    try:
        producer.abort_transaction(ANSWER_S)
    except KafkaException:
        return  # the broker ends it after its timeout


def _call(call: Any, *args: Any, **options: Any) -> None:
    try:
        call(*args, **options)
    except BufferError:
        raise Unavailable("Kafka is slower than the letters: lower --rate") from None
    except KafkaException as error:
        raise _trouble(error.args[0]) from None


def _trouble(error: KafkaError) -> Exception:
    if error.fatal() or error.code() in (KafkaError._FENCED, KafkaError._FATAL):
        return Misconfigured("another redrive has taken over; what this one had not yet put back, that one will")
    return refused("Kafka did not take the letters", error)


def _conf(settings: Settings) -> dict[str, Any]:
    return (
        for_librdkafka(settings)
        | {
            "transactional.id": f"{settings.group_id}-redrive",
            "transaction.timeout.ms": 30_000,
            "partitioner": "murmur2_random",
            "compression.type": settings.compression,
            "message.max.bytes": settings.record_bytes_max,
        }
        | SILENT
    )
