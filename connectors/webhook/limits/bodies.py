"""The bytes of all bodies under way, within a budget. Times are of a monotonic clock, in seconds.

When the budget is spent, the oldest body of an address that has proved nothing makes room: bodies of strangers stay,
those of senders come and go. The last quarter is for small bodies alone. One event loop, so no lock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.webhook.limits.senders import Sender

SMALL_BYTES = 256 * 1024
GRACE_S = 3.0  # after which a body has to have come at `BYTES_PER_S_MIN` on average
BYTES_PER_S_MIN = 16 * 1024
STRANGERS_MAX = 256  # bodies in several pieces, of addresses that have proved nothing: each piece costs a turn
_PIECES_MAX, _PIECE_BYTES_MIN = 64, 512


class TooLarge(Exception):
    """The body is longer than the limit, by its Content-Length or by the bytes received."""


class TooSlow(Exception):
    """The body comes in pieces that cost more than they bring, or slower than any sender of ours."""


class Busy(Exception):
    """The bodies of all requests together hold as many bytes as they may."""


class Budget:
    """`bytes_max`: of all bodies together; an address that has proved nothing may hold half of it."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.held_bytes = 0
        self._strangers: dict[Lease, None] = {}  # bodies not whole, of addresses that have proved nothing, by age

    @contextmanager
    def lease(self, sender: Sender, evict: Callable[[], object], now_s: float) -> "Iterator[Lease]":
        """Room for one body, given back at the end, also after an exception. `evict`: ends the reading of it."""
        lease = Lease(self, sender, evict, sender.is_proven(now_s))
        if not lease.is_proven:
            if len(self._strangers) >= STRANGERS_MAX:
                next(iter(self._strangers)).give_up()
            self._strangers[lease] = None
        try:
            yield lease
        finally:
            lease.complete()
            self.held_bytes -= lease.held_bytes

    def forget(self, lease: "Lease") -> bool:
        """The lease can make no room any more. False: it could not before, or never could."""
        return self._strangers.pop(lease, False) is None

    def make_room(self, lease: "Lease", n_bytes: int) -> None:
        """Raises Busy when there is none for so many bytes more."""
        is_small = lease.held_bytes + n_bytes <= SMALL_BYTES
        most = self.bytes_max if is_small else self.bytes_max - self.bytes_max // 4
        while self.held_bytes + n_bytes > most:
            oldest = next((one for one in self._strangers if one is not lease), None)
            if oldest is None:
                raise Busy
            oldest.give_up()


class Lease:
    """What one request holds of a budget. `is_complete`: the whole body is here."""

    def __init__(self, budget: Budget, sender: Sender, evict: Callable[[], object], is_proven: bool) -> None:
        self._budget, self._sender, self._evict = budget, sender, evict
        self.is_proven = is_proven
        self.held_bytes = self._n_pieces = 0
        self.is_complete = self.is_evicted = False

    def take(self, n_bytes: int) -> None:
        """Reserve bytes that have arrived. Raises Busy, TooSlow."""
        # Not by Content-Length: to promise much costs a stranger nothing.
        self._n_pieces += 1
        if self._n_pieces > _PIECES_MAX and self.held_bytes < self._n_pieces * _PIECE_BYTES_MIN:
            raise TooSlow
        if not self.is_proven and self._sender.unproven_bytes + n_bytes > self._budget.bytes_max // 2:
            raise Busy
        self._budget.make_room(self, n_bytes)
        self._budget.held_bytes += n_bytes
        self.held_bytes += n_bytes
        if not self.is_proven:
            self._sender.unproven_bytes += n_bytes

    def complete(self) -> None:
        """The body is whole, or given up: it can make no room any more. May be called twice."""
        if self._budget.forget(self):
            self._sender.unproven_bytes -= self.held_bytes
        self.is_complete = not self.is_evicted

    def give_up(self) -> None:
        """Give the bytes back at once; reading ends with Busy."""
        self.is_evicted = True
        self.complete()
        self._budget.held_bytes -= self.held_bytes
        self.held_bytes = 0
        self._evict()

    def due_s(self, began_s: float) -> float:
        """Until when the next piece has to arrive."""
        return began_s + GRACE_S + self.held_bytes / BYTES_PER_S_MIN
