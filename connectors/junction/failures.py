"""Why a call to Junction's API failed, sorted by what the caller should do (domain file, 6.5).

StreamsError
├── Refused             never: this call will not work however often it is made
├── Unavailable
│   └── TryLater        later, in `retry_after_s`: it was tried as often, or as long, as one call may be
└── Misconfigured
    └── NotAuthorized   stop: no call will work until a person changes the credentials

A text names statuses, endpoints and fields of a request; never an answer's values, an id or a key.
"""

from enum import StrEnum

from streams.ops.errors import Misconfigured, StreamsError, Unavailable


class FailureReason(StrEnum):
    """Why a call failed: a constant, a metric label and the reason of a failed job."""

    # May pass
    RATE_LIMITED = "rate_limited"  # 429
    BUSY = "busy"  # 408, 409, 425
    SERVER_ERROR = "server_error"  # 5xx
    TIMEOUT = "timeout"
    NETWORK = "network"
    NOT_JSON = "not_json"  # an answer that was cut off
    # Stay
    BAD_REQUEST = "bad_request"  # 400
    FORBIDDEN = "forbidden"  # 403: not enabled for this team
    INVALID = "invalid"  # 422
    UNEXPECTED = "unexpected"  # any other status
    NO_ENDPOINT = "no_endpoint"  # there is no such thing to ask for
    BAD_SHAPE = "bad_shape"  # JSON, but not what this endpoint answers
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"  # ask for a shorter span
    ENDLESS = "endless"  # a cursor came again, or there are too many pages
    CURSOR = "cursor_refused"  # 400, 404, 410, 422 behind the first page: a cursor has ended; begin without one
    # Stop
    UNAUTHORIZED = "unauthorized"  # 401


class Refused(StreamsError):
    """Never make this call again as it is. `detail` names places, never values."""

    def __init__(self, reason: FailureReason, detail: str = "") -> None:
        super().__init__(_sentence(reason, detail))
        self.reason = reason
        self.detail = detail


class TryLater(Unavailable):
    """Make this call again in `retry_after_s`. `asked_to_wait`: Junction named that time itself."""

    def __init__(self, reason: FailureReason, detail: str = "", retry_after_s: int | None = None) -> None:
        wait_s = _LATER_S if retry_after_s is None else retry_after_s
        super().__init__(_sentence(reason, detail), wait_s)
        self.reason = reason
        self.asked_to_wait = retry_after_s is not None


class NotAuthorized(Misconfigured):
    """The key or token is refused, or there is none."""

    reason = FailureReason.UNAUTHORIZED


_LATER_S = 30


def _sentence(reason: FailureReason, detail: str) -> str:
    return f"Junction's API: {reason}, {detail}" if detail else f"Junction's API: {reason}"
