"""Dead letters, and marks of those that went back, read from Kafka."""

from collections.abc import Iterator
from contextlib import closing

import msgspec
from confluent_kafka import Message

from streams.events import topics
from streams.kafka.reader import Messages
from streams.letters.letter import Letter, LetterFilter
from streams.ops.settings import Settings


def letters(settings: Settings, wanted: LetterFilter) -> Iterator[Letter]:
    """Every letter that is there now and matches, in no order between partitions."""
    with closing(Messages(settings, [f"{settings.topic_prefix}.{topics.DEAD_LETTERS}"], from_beginning=True)) as found:
        yield from filter(wanted.matches, map(_letter, found.until_now()))


def _letter(message: Message) -> Letter:
    place = (message.partition(), message.offset(), message.timestamp()[1])
    return Letter(*place, message.key() or b"", message.value() or b"", list(message.headers() or []))


class RedriveMark(msgspec.Struct, frozen=True):
    """That a letter was put back. `at_ms`: of the letter."""

    at_ms: int
    redriven_at: str
    to: str


_mark = msgspec.json.Decoder(RedriveMark).decode


def marks(settings: Settings) -> dict[str, RedriveMark]:
    """What was redriven, by the place of the letter."""
    # None can be hidden behind an open transaction: only redrives write here, and any other is fenced before.
    found: dict[str, RedriveMark] = {}
    with closing(Messages(settings, [f"{settings.topic_prefix}.{topics.REDRIVEN}"], from_beginning=True)) as messages:
        for one in messages.until_now():
            try:
                found[(one.key() or b"").decode()] = _mark(one.value() or b"")
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                messages.pass_over(one, "no mark")
    return found
