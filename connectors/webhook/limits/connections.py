"""Which connections are open, what they wait for, and which one is closed when there are too many.

A connection waits for a head, for the rest of a body, for a refusal that is held back, or, after a reply, for the next
request or for the other end to take it. While a whole request is being answered it is in none of these, and is never
closed. Times are of a monotonic clock, in seconds.
"""

from enum import IntEnum
from itertools import chain
from typing import Protocol

from connectors.webhook.limits.senders import Sender

HEAD_S = 5.0  # from the opening, or from the first byte of the next request, to the end of its head
IDLE_S = 75.0  # longer than proxies keep theirs (60 s): who closes first must not be the one that is sent to


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

    def opened(self, new: Connection, now_s: float) -> bool:
        """Make room for a new connection and count it. False: there is none; close it."""
        new.stage = Stage.CLOSED
        sender = new.sender
        if not sender.is_proven(now_s) and max(sender.n_connections + 1, 2 * sender.n_held) > self._most_of_one:
            return False
        if self.n_open >= self._most:
            oldest = self._expendable(now_s)
            if oldest is None:
                return False
            self._close(oldest, "too_many", now_s)
        self.n_open += 1
        sender.n_connections += 1
        self.move(new, Stage.HEAD, now_s)
        return True

    def move(self, connection: Connection, stage: Stage, now_s: float) -> None:
        """From now on the connection waits for something else."""
        if connection.stage < Stage.ANSWER:
            self._waiting[connection.stage].pop(connection, None)
        if stage < Stage.ANSWER:
            self._waiting[stage][connection] = now_s
        connection.stage = stage

    def closed(self, connection: Connection, now_s: float) -> None:
        """Count one less. May be called of one that was never let in, or that is closed already."""
        if connection.stage is not Stage.CLOSED:
            self.move(connection, Stage.CLOSED, now_s)
            connection.sender.n_connections -= 1
            self.n_open -= 1

    def sweep(self, now_s: float) -> None:
        """Close those that waited too long; to be called about once a second."""
        bounds = ((Stage.HEAD, HEAD_S, "slow_head"), (Stage.IDLE, IDLE_S, "idle"), (Stage.CLOSING, HEAD_S, "unread"))
        for stage, seconds, why in bounds:
            for connection, since_s in list(self._waiting[stage].items()):
                if now_s - since_s < seconds:
                    break
                self._close(connection, why, now_s)

    def _close(self, connection: Connection, why: str, now_s: float) -> None:
        # Counted now: its transport ends at the next turn of the loop, and before that many others may be opened, which
        # would all find the same one.
        self.closed(connection, now_s)
        connection.give_up(why)

    def _expendable(self, now_s: float) -> Connection | None:
        """The oldest refusal that is held back, whoever's; the oldest that waits and has proved nothing; the oldest."""
        # Behind a proxy all connections are the proxy's, which is trusted: those that are held back would be for ever.
        if held := next(iter(self._waiting[Stage.HELD]), None):
            return held
        waiting = chain.from_iterable(self._waiting)
        unproven = (one for one in waiting if not one.sender.is_proven(now_s))
        return next(unproven, None) or next(iter(self._waiting[Stage.IDLE]), None)
