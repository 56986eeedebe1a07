"""Raw records and dead letters of a delivery: still there, whose, signed by whom, and what a redrive would do."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from confluent_kafka import Message

from streams.events import H_DOOR, H_ID, H_RECEIVED, H_REDRIVEN_FROM, H_SVIX_ID, H_TIME, H_TYPE, header, millis, topics
from streams.events.headers import Headers
from streams.events.proof import Proof
from streams.letters.letter import Letter
from streams.letters.returns import return_of
from streams.lineage.asking.places import Places
from streams.lineage.delivery.facts import LetterSeen, NotKnown, OriginalGone, RawPlace, RawSeen, RedriveSeen
from streams.lineage.known import DeadLetter
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings

Prove = Callable[[Headers, bytes], Proof]  # may raise Misconfigured, Unavailable
RawLook = RawSeen | OriginalGone | NotKnown
NO_SECRETS = "signatures are not verified again: there is no secret to verify with, set STREAMS_ENDPOINTS"


class Originals:
    """Looks at them over open consumers. `prove`: what is proved of a record, None where no secret is known."""

    def __init__(self, settings: Settings, places: Places, prove: Prove | None) -> None:
        self._settings, self._places, self._prove = settings, places, prove

    def look(self, wanted: Iterable[RawPlace], delivery_id: str) -> Mapping[RawPlace, RawLook]:
        """What lies at each place now. Never raises for Kafka."""
        wanted = list(dict.fromkeys(wanted))
        try:
            found = self._places.at(self._by_partition(wanted))
            return {place: self._judged(place, found.get(self._full(place)), delivery_id) for place in wanted}
        except StreamsError as error:
            return dict.fromkeys(wanted, NotKnown(f"the original cannot be read: {error}"))

    def seen(self, place: RawPlace, message: Message) -> RawSeen:
        """A raw record as a fact."""
        headers, body = _headers(message), message.value() or b""
        return RawSeen(
            place=place,
            size_bytes=len(body),
            stored_ms=max(message.timestamp()[1], 0),
            proof=self._proved(headers, body),
            created_ms=millis(header(headers, H_TIME)) or 0,
            received_ms=millis(header(headers, H_RECEIVED)) or 0,
            event_type=header(headers, H_TYPE),
            door=header(headers, H_DOOR),
            redriven_from=header(headers, H_REDRIVEN_FROM),
        )

    def letters(self, letters: Iterable[DeadLetter]) -> tuple[LetterSeen, ...]:
        """Each with what a redrive would do; nobody has to say it of one that has gone back."""
        found = sorted(letters, key=lambda one: one.dead_ms)
        return tuple(LetterSeen(one, RedriveSeen() if one.redriven_ms else self._redrive(one)) for one in found)

    def _redrive(self, letter: DeadLetter) -> RedriveSeen | NotKnown:
        place = RawPlace(topics.DEAD_LETTERS, letter.partition, letter.offset)
        try:
            message = self._places.at(self._by_partition([place])).get(self._full(place))
        except StreamsError as error:
            return NotKnown(f"what a redrive would do is not known: {error}")
        if message is None or delivery_of(_headers(message)) != letter.delivery_id:
            return NotKnown(f"the letter {letter.partition}:{letter.offset} has gone: it cannot be put back any more")
        at_ms = message.timestamp()[1]
        whole = Letter(
            letter.partition, letter.offset, at_ms, message.key() or b"", message.value() or b"", _headers(message)
        )
        settings = self._settings
        put = return_of(whole, settings.topic_prefix, settings.partitions, settings.body_bytes_max)
        return RedriveSeen(put.refusal, put.topic.removeprefix(f"{settings.topic_prefix}."))

    def _judged(self, place: RawPlace, message: Message | None, delivery_id: str) -> RawLook:
        """The record itself, and never another one that has its place."""
        if message is None:
            return OriginalGone(self._why_gone(place))
        if delivery_of(_headers(message)) != delivery_id:
            return OriginalGone("the topic was made anew, another record has its place")
        return self.seen(place, message)

    def _why_gone(self, place: RawPlace) -> str:
        low, high = self._places.watermarks(self._full(place)[:2])
        if place.offset < low:
            return "it has expired"
        return "the topic was made anew" if place.offset >= high else "its place is empty"

    def _proved(self, headers: Headers, body: bytes) -> Proof | NotKnown:
        if self._prove is None:
            return NotKnown(NO_SECRETS)
        try:
            return self._prove(headers, body)
        except StreamsError as error:
            return NotKnown(f"its signature cannot be verified again: {error}")

    def _full(self, place: RawPlace) -> tuple[str, int, int]:
        return (f"{self._settings.topic_prefix}.{place.topic}", place.partition, place.offset)

    def _by_partition(self, wanted: Iterable[RawPlace]) -> Mapping[tuple[str, int], list[int]]:
        found: dict[tuple[str, int], list[int]] = defaultdict(list)
        for topic, partition, offset in sorted(map(self._full, wanted)):
            found[(topic, partition)].append(offset)
        return found


def delivery_of(headers: Headers) -> str:
    """The delivery id of a stored record, as the worker reads it."""
    return header(headers, H_ID) or header(headers, H_SVIX_ID)


def _headers(message: Message) -> Headers:
    return [(name, value or b"") for name, value in message.headers() or []]
