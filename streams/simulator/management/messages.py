"""Messages of the fake Svix, and what came of each attempt to deliver one."""

from dataclasses import dataclass
from enum import IntEnum


class MessageState(IntEnum):
    """Svix's numbers."""

    SUCCESS = 0
    PENDING = 1
    FAIL = 2
    SENDING = 3


class Trigger(IntEnum):
    """Why an attempt is made. A manual one (recover, replay, resend) is not retried."""

    SCHEDULED = 0
    MANUAL = 1


@dataclass(frozen=True, slots=True)
class SvixMessage:
    """`created_s`: Unix seconds; its id says so, too."""

    id: str
    event_type: str
    body: bytes
    created_s: float


@dataclass(frozen=True, slots=True)
class SvixAttempt:
    """`status`: of HTTP, 0 without an answer. `next_s`: when the next is made, None after the last."""

    id: str
    message_id: str
    url: str
    made_s: float
    status: int
    response: str
    took_ms: int
    trigger: Trigger
    next_s: float | None = None

    @property
    def is_success(self) -> bool:
        """Anything but 2xx is a failure, also a redirect (domain file, 7.4)."""
        return 200 <= self.status < 300
