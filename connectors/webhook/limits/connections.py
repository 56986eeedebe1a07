"""Which connections are open, what they wait for, and which one is closed when there are too many.

A connection waits for a head, for the rest of a body, for a refusal that is held back, or, after a reply, for the next
request or for the other end to take it. While a whole request is being answered it is in none of these, and is never
closed. Times are of a monotonic clock, in seconds.
"""

from collections.abc import Iterator
from enum import IntEnum
from itertools import chain, islice
from typing import Protocol

from connectors.webhook.limits.senders import Sender

HEAD_S = 5.0  # from the opening, or from the first byte of the next request, to the end of its head
IDLE_S = 75.0  # longer than proxies keep theirs (60 s): who closes first must not be the one that is sent to
SWEPT_AT_ONCE = 16
_LOOK_AT = 16  # of the oldest


class Stage(IntEnum):
    """What a connection waits for."""

    HELD = 0  # a refusal that is held back
    HEAD = 1
    IDLE = 2
    BODY = 3  # how long this may take is the door's matter
    CLOSING = 4  # that its last reply is taken
    ANSWER = 5
    CLOSED = 6


class Connection(Protocol):
    sender: Sender
    stage: Stage

    def give_up(self, why: str) -> None:
        """Close at once. `why`: a label of `junction_gateway_connections_closed_total`."""


class Connections:
    """`most`: of all together; an address that has proved nothing may have `most_of_one`."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._waiting: tuple[dict[Connection, float], ...] = ({}, {}, {}, {}, {})  # by Stage, the oldest first
        self.n_open = 0

    def make_room(self, sender: Sender, now_s: float) -> bool:
        """Whether this address may open one more; when there are too many, another one is closed for it."""
        is_proven = sender.is_proven(now_s)
        if not is_proven and max(sender.n_connections + 1, 2 * sender.n_held) > self._most_of_one:
            return False
        if self.n_open < self._most:
            return True
        expendable = self._expendable(now_s)
        if expendable is None:
            return False
        # The first of an address is always let in. More of it only at the cost of who has more: addresses that have as
        # many each would close each other's for ever.
        if not is_proven and sender.n_connections > 0 and sender.n_connections + 1 >= expendable.sender.n_connections:
            return False
        self._close(expendable, "too_many", now_s)
        return True

    def opened(self, new: Connection, now_s: float) -> None:
        """Count a new connection, for which there is room."""
        self.n_open += 1
        new.sender.n_connections += 1
        self.move(new, Stage.HEAD, now_s)

    def move(self, connection: Connection, stage: Stage, now_s: float) -> None:
        """From now on it waits for something else. A connection that is closed stays so: its transport ends later."""
        if connection.stage is Stage.CLOSED:
            return
        if connection.stage < Stage.ANSWER:
            self._waiting[connection.stage].pop(connection, None)
        if stage < Stage.ANSWER:
            self._waiting[stage][connection] = now_s
        connection.stage = stage

    def closed(self, connection: Connection, now_s: float) -> None:
        """Count one less. May be called of one that is closed already."""
        if connection.stage is not Stage.CLOSED:
            self.move(connection, Stage.CLOSED, now_s)
            connection.sender.n_connections -= 1
            self.n_open -= 1

    def sweep(self, now_s: float) -> bool:
        """Close those that waited too long, but only a few: others would wait for it. True: there are more."""
        overdue = list(islice(self._overdue(now_s), SWEPT_AT_ONCE))
        for connection, why in overdue:
            self._close(connection, why, now_s)
        return len(overdue) == SWEPT_AT_ONCE

    def _overdue(self, now_s: float) -> Iterator[tuple[Connection, str]]:
        bounds = ((Stage.HEAD, HEAD_S, "slow_head"), (Stage.IDLE, IDLE_S, "idle"), (Stage.CLOSING, HEAD_S, "unread"))
        for stage, seconds, why in bounds:
            for connection, since_s in self._waiting[stage].items():
                if now_s - since_s < seconds:
                    break
                yield connection, why

    def _close(self, connection: Connection, why: str, now_s: float) -> None:
        # Counted now: its transport ends at the next turn of the loop, and before that many others may be opened, which
        # would all find the same one.
        self.closed(connection, now_s)
        connection.give_up(why)

    def _expendable(self, now_s: float) -> Connection | None:
        """A refusal that is held back, whoever's; one that waits and has proved nothing; one that is idle.

        Of the oldest few the one whose address has most.
        """
        # Behind a proxy all connections are the proxy's, which is trusted: those that are held back would be for ever.
        for found in (iter(self._waiting[Stage.HELD]), self._unproven(now_s), iter(self._waiting[Stage.IDLE])):
            if oldest := list(islice(found, _LOOK_AT)):
                return max(oldest, key=lambda one: one.sender.n_connections)
        return None

    def _unproven(self, now_s: float) -> Iterator[Connection]:
        return (one for one in chain.from_iterable(self._waiting) if not one.sender.is_proven(now_s))
