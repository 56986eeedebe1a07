"""One slice's turn: run a fold over its records. Pure: the time is the draft's."""

from collections.abc import Sequence

from streams.engine.store.database import Unusable
from streams.events import (
    H_FROM_OFFSET,
    H_FROM_PARTITION,
    H_FROM_TOPIC,
    H_LEFT_OUT,
    Headers,
    Record,
    around,
    death_headers,
    encode_headers,
    rfc3339_seconds,
    weight,
)
from streams.ops.errors import Misconfigured, Rejected, StreamsError, place
from streams.tables import Dead, Draft, Emit, Fold, Punctuation

DETAIL_CHARS_MAX = 1024  # with it a letter's own headers take less than 3 kB


class FoldFailed(StreamsError):
    """A fold raised something other than Rejected: a bug. Names the place, never what the record holds."""

    def __init__(self, record: Record, error: BaseException) -> None:
        super().__init__(
            f"{type(error).__name__} at {place(error)} while processing {record.topic}[{record.partition}] "
            f"offset {record.offset}. Nothing of that transaction was committed; the record is read again at the next "
            "start. Mend the code, then start again."
        )


class CallFailed(StreamsError):
    """A punctuation, or another function that no record asked for, raised: a bug."""

    def __init__(self, function: Punctuation, error: BaseException) -> None:
        name = getattr(function, "__qualname__", type(function).__name__)
        super().__init__(
            f"{type(error).__name__} at {place(error)} in {name}, which runs between records. Nothing of that "
            "transaction was committed. Mend the code, then start again."
        )


class Step:
    """One slice's turn. `records` is empty when the slice is stale or a hole."""

    __slots__ = ("_dead_letters", "draft", "records")

    def __init__(self, records: Sequence[Record], draft: Draft, dead_letters: str) -> None:
        self.records = records
        self.draft = draft
        self._dead_letters = dead_letters

    def run(self, fold: Fold) -> None:
        """Apply a fold to each record; a Rejected one becomes a dead letter in the same transaction."""
        self.draft.run_all(fold, self.records, self._failed)

    def end(self) -> None:
        """Drop the references to records and draft: the agent of a quiet topic holds its last step for long."""
        self.records, self.draft = NOTHING, _NO_DRAFT

    def _failed(self, record: Record, error: BaseException) -> None:
        if isinstance(error, Rejected):
            dead_letter(self.draft, self._dead_letters, record, error)
        elif isinstance(error, Exception) and not isinstance(error, Unusable | Misconfigured):
            raise FoldFailed(record, error) from None
        else:
            raise error


def dead_letter(draft: Draft, topic: str, record: Record, rejection: Rejected) -> None:
    """Emit the record as it was read, with the reason in its headers: places, never values. It always fits."""
    dead_at = rfc3339_seconds(draft.now_ms * 1000)
    origin = [
        (H_FROM_TOPIC, record.topic),
        (H_FROM_PARTITION, str(record.partition)),
        (H_FROM_OFFSET, str(record.offset)),
    ]
    short = Rejected(rejection.reason, rejection.detail[:DETAIL_CHARS_MAX])
    reasons = [*death_headers(short, dead_at), *encode_headers(origin)]
    draft.emits.append(_fitting(draft.bounds.record, topic, record, reasons))
    draft.note(Dead(record, rejection))
    draft.count("dead_letters", str(rejection.reason))


def _fitting(bytes_max: int, topic: str, record: Record, reasons: Headers) -> Emit:
    """The whole letter; else without its body, which lies where the reasons say; else the reasons alone."""
    # What our doors take always fits. What others write may be larger: topics take records by their compressed size.
    # A body that is cut would be no original, and without a letter the partition would stop for ever.
    headers = [*record.headers, *reasons]
    left_out = encode_headers([(H_LEFT_OUT, str(len(record.value or b"")))])
    for letter in (
        Emit(topic, record.key, record.value, headers),
        Emit(topic, record.key, None, [*headers, *left_out]),
    ):
        if weight(*letter[1:]) + around(letter.headers) <= bytes_max:
            return letter
    return Emit(topic, None, None, [*reasons, *left_out])


NOTHING: Sequence[Record] = ()
_NO_DRAFT = Draft(lambda table, key: None)  # of a step without records: nothing ever runs in it


def empty() -> Step:
    """The turn of a slice that is not to be processed."""
    return Step(NOTHING, _NO_DRAFT, "")
