"""What the chaos of doors needs of a pipeline: somewhere to publish, that can be taken away."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from streams.simulator.delivery.pipeline_message import PACKED_BYTES_MIN
from tests.doors import SLEEP, body_of


class Sending(NamedTuple):
    """One event that is pushed. `body` is not packed yet."""

    event_type: str
    user_id: str
    body: bytes
    key: str

    @property
    def is_packed(self) -> bool:
        return len(self.body) >= PACKED_BYTES_MIN


def sending(n: int, users: int = 20, filler_bytes: int = 0) -> Sending:
    """The event of a number; two in three are small."""
    user_id = f"5f0c2c0e-0000-4000-8000-{n % users:012d}"
    body = body_of(n, user=user_id)
    if filler_bytes or n % 3 == 0:
        filler = b',"filler":"%s"}' % (f"{n:012d}" * ((filler_bytes or 3000) // 12)).encode()
        body = body[:-1] + filler
    return Sending(SLEEP, user_id, body, f"key-{n}")


class Pipeline(Protocol):
    """A broker that runs, with what a door needs of it declared."""

    door: str  # as in `source NAME`

    @property
    def env(self) -> dict[str, str]:
        """Settings of the door."""

    def publish(self, messages: Sequence[Sending]) -> int:
        """How many of them, from the first on, are confirmed. Raises nothing: a broker may be away."""

    def kill(self) -> None:
        """As a crash; what was confirmed is kept."""

    def restart(self) -> None:
        """On its data."""

    def waiting(self) -> int:
        """Messages that nobody has acknowledged; -1 where nobody knows."""

    def close(self) -> None:
        """End it."""
