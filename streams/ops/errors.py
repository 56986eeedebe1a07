"""Every error of the product, sorted by what the caller should do.

StreamsError
├── Rejected        the input is bad and stays bad: never retry; keep it as a dead letter
│   └── SignatureError  nobody we know signed this: answer 401, keep nothing
├── Unreadable      a stored record is not what its topic holds: report its place, and read on
├── Unavailable     a system outside does not answer: retry, or tell the sender to
│   ├── Overloaded      more comes than Kafka takes, and this can wait
│   └── GaveUp          it was waited for long enough: whoever starts ends with 3
└── Misconfigured   a person has to change something: print the sentence, exit with 2
    ├── Forbidden       Kafka refuses for want of a right that the role of this process needs
    └── UnknownSchema   the registry is well, and has no schema of this id

An error's text never holds a payload value, a secret or an e-mail address: it ends up in logs and dead letters.
"""

import traceback
from enum import StrEnum
from pathlib import Path


class Reason(StrEnum):
    """Why a record became a dead letter. A constant: it is a header, a metric label and a filter."""

    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    NOT_AN_OBJECT = "not_an_object"
    NO_EVENT_TYPE = "no_event_type"
    NO_USER = "no_user"
    USER_CONFLICT = "user_conflict"
    BAD_SHAPE = "bad_shape"
    BAD_TIME = "bad_time"
    NO_KEY = "no_key"
    NO_DELIVERY_ID = "no_delivery_id"
    TOO_LARGE = "too_large"
    UNKNOWN_CODEC = "unknown_codec"
    NOT_UNPACKED = "not_unpacked"
    ENVELOPE_CONFLICT = "envelope_conflict"


class StreamsError(Exception):
    """The root; catch one of its children instead."""


class Rejected(StreamsError):
    """Input that can never work. `detail` names places (a JSON path, a field), never values."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class SignatureError(StreamsError):
    """The one outcome of every hostile or careless request. The text is for our log, not for the sender."""


class Unreadable(StreamsError):
    """A record of a topic that no reader can ever read: a retry does not help."""


class Unavailable(StreamsError):
    """Kafka, the registry or the API does not answer now. `retry_after_s`: seconds until a retry makes sense."""

    def __init__(self, message: str, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(Unavailable):
    """More comes than Kafka takes: what can wait is refused, so that there is room for what cannot."""


class GaveUp(Unavailable):
    """A system was waited for as long as makes sense; whoever waits for systems at a start does not go on."""


class Misconfigured(StreamsError):
    """A person has to act; the text names the command or the setting that helps."""


class Forbidden(Misconfigured):
    """Kafka refuses for want of a right; the text names the topic, the group or the id, docs/rights.md the roles."""


class UnknownSchema(Misconfigured):
    """The registry does not know a schema id. For who reads one record, that record is at fault, not the setup."""


def place(error: BaseException) -> str:
    """Where an exception was raised, as file:line; "?" for one that was never raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
