"""The budget of bodies under way: by any order of bodies that begin, grow, are whole and end."""

from contextlib import ExitStack, suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from connectors.webhook.limits.bodies import (
    BYTES_PER_S_MIN,
    GRACE_S,
    SMALL_BYTES,
    STRANGERS_MAX,
    Budget,
    Busy,
    Lease,
    TooSlow,
)
from connectors.webhook.limits.senders import Sender

KIB = 1024
BYTES_MAX = 4 * 512 * KIB
NOW_S = 10_000.0


def sender(name: str = "a", *, is_proven: bool = False) -> Sender:
    made = Sender(name, is_proxy=False, is_allowed=True)
    if is_proven:
        made.proven_s = NOW_S
    return made


class Body:
    """One request's body. `is_reading`: until it is whole, given up, or made room."""

    def __init__(self, budget: Budget, sender: Sender) -> None:
        self.sender, self.is_reading, self.is_evicted = sender, True, False
        self._stack = ExitStack()
        self.lease: Lease = self._stack.enter_context(budget.lease(sender, self._evict, NOW_S))

    def _evict(self) -> None:
        assert self.is_reading, "a body that is whole made room"
        self.is_reading, self.is_evicted = False, True

    def end(self) -> None:
        self.is_reading = False
        self._stack.close()


class AnyOrder(RuleBasedStateMachine):
    """Bodies of strangers and of senders of ours begin, grow, are whole and end, in any order."""

    bodies = Bundle("bodies")

    def __init__(self) -> None:
        super().__init__()
        self.budget = Budget(BYTES_MAX)
        self.senders = [sender("a"), sender("b"), sender("ours", is_proven=True)]
        self.open: list[Body] = []  # the oldest first

    @rule(target=bodies, of=st.integers(0, 2))
    def begins(self, of: int) -> Body:
        self.open.append(Body(self.budget, self.senders[of]))
        return self.open[-1]

    @rule(body=bodies, n_bytes=st.integers(1, 400 * KIB))
    def grows(self, body: Body, n_bytes: int) -> None:
        if not body.is_reading:
            return
        others = [one for one in self.open if one.is_reading and one is not body and not one.lease.is_proven]
        before = body.lease.held_bytes
        try:
            body.lease.take(n_bytes)
        except Busy:
            assert body.lease.held_bytes == before
            body.end()
            self.open.remove(body)
        else:
            assert body.lease.held_bytes == before + n_bytes
        evicted = [one.is_evicted for one in others]
        assert evicted == sorted(evicted, reverse=True), "not the oldest first"

    @rule(body=bodies)
    def is_whole(self, body: Body) -> None:
        if body.is_reading:
            body.is_reading = False
            body.lease.complete()
            assert body.lease.is_complete

    @rule(body=consumes(bodies))
    def ends(self, body: Body) -> None:
        if body in self.open:
            body.end()
            self.open.remove(body)

    @invariant()
    def sums_are_right(self) -> None:
        assert self.budget.held_bytes == sum(body.lease.held_bytes for body in self.open) <= BYTES_MAX
        for one in self.senders:
            reading = [body for body in self.open if body.sender is one and body.is_reading]
            held = 0 if one.is_proven(NOW_S) else sum(body.lease.held_bytes for body in reading)
            assert one.unproven_bytes == held <= BYTES_MAX // 2

    @invariant()
    def large_bodies_leave_a_quarter(self) -> None:
        held = [body.lease.held_bytes for body in self.open]
        assert sum(one for one in held if one > SMALL_BYTES) <= BYTES_MAX * 3 // 4

    @invariant()
    def ours_never_make_room(self) -> None:
        assert not any(body.is_evicted for body in self.open if body.sender.site == "ours")
        assert all(body.lease.held_bytes == 0 for body in self.open if body.is_evicted)

    def teardown(self) -> None:
        for body in self.open:
            body.end()
        assert self.budget.held_bytes == 0
        assert [one.unproven_bytes for one in self.senders] == [0, 0, 0]


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestAnyOrder = AnyOrder.TestCase


def test_small_bodies_have_the_last_quarter() -> None:
    """When large bodies of our own hold all that they may, the next large one has to come again, small ones not."""
    budget, ours = Budget(BYTES_MAX), sender(is_proven=True)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(budget.lease(ours, lambda: None, NOW_S)).take(512 * KIB)
        with pytest.raises(Busy), budget.lease(ours, lambda: None, NOW_S) as large:
            large.take(SMALL_BYTES + 1)
        for _ in range(512 * KIB // SMALL_BYTES):
            stack.enter_context(budget.lease(sender(), lambda: None, NOW_S)).take(SMALL_BYTES)
        assert budget.held_bytes == BYTES_MAX
        # A small one is always let in while a stranger's body is under way: that makes room.
        stack.enter_context(budget.lease(ours, lambda: None, NOW_S)).take(SMALL_BYTES)
    assert budget.held_bytes == 0


def test_the_oldest_stranger_makes_room() -> None:
    """The body of a stranger that is under way longest ends with Busy; a whole one and one of ours stay."""
    budget = Budget(BYTES_MAX)
    with ExitStack() as stack:
        ours, whole, oldest, newer = (
            Body(budget, sender(name, is_proven=name == "ours")) for name in ("ours", "whole", "oldest", "newer")
        )
        for body in (ours, whole, oldest, newer):
            stack.callback(body.end)
            body.lease.take(384 * KIB)
        whole.is_reading = False
        whole.lease.complete()
        last = Body(budget, sender("last"))
        stack.callback(last.end)
        last.lease.take(300 * KIB)
        assert [body.is_evicted for body in (ours, whole, oldest, newer)] == [False, False, True, False]
        assert not oldest.lease.is_complete
        assert budget.held_bytes == 3 * 384 * KIB + 300 * KIB


def test_a_stranger_may_hold_half() -> None:
    """Bodies of one address that proved nothing hold half of all bytes, never more, however many they are."""
    budget, stranger = Budget(BYTES_MAX), sender()
    with ExitStack() as stack:
        leases = [stack.enter_context(budget.lease(stranger, lambda: None, NOW_S)) for _ in range(20)]
        for lease in leases:
            with suppress(Busy):
                lease.take(100 * KIB)
        assert BYTES_MAX // 2 - 100 * KIB < budget.held_bytes <= BYTES_MAX // 2
        stack.enter_context(budget.lease(sender("b"), lambda: None, NOW_S)).take(100 * KIB)
    assert (budget.held_bytes, stranger.unproven_bytes) == (0, 0)


def test_strangers_bodies_are_few() -> None:
    """Of more bodies of strangers than there may be under way the oldest ends with Busy; whole ones do not count."""
    budget = Budget(BYTES_MAX)
    with ExitStack() as stack:
        bodies = [Body(budget, sender(str(n))) for n in range(STRANGERS_MAX)]
        ours = Body(budget, sender("ours", is_proven=True))
        for body in (*bodies, ours):
            stack.callback(body.end)
        bodies[0].is_reading = False
        bodies[0].lease.complete()
        more = [Body(budget, sender("more")) for _ in range(2)]
        for body in more:
            stack.callback(body.end)
        assert [body for body in (*bodies, ours, *more) if body.is_evicted] == [bodies[1]]


def test_nothing_stays_held_after_a_failure() -> None:
    """However the reading of a body ends, its bytes are given back."""
    budget, stranger = Budget(BYTES_MAX), sender()
    with suppress(KeyError), budget.lease(stranger, lambda: None, NOW_S) as lease:
        lease.take(KIB)
        raise KeyError
    assert (budget.held_bytes, stranger.unproven_bytes) == (0, 0)


def took(piece_bytes: int, n: int = 1000) -> int:
    """How many pieces of this size are taken of one body."""
    with Budget(BYTES_MAX).lease(sender(), lambda: None, NOW_S) as lease, suppress(TooSlow):
        for _ in range(n):
            lease.take(piece_bytes)
    return lease.held_bytes // piece_bytes


def test_tiny_pieces() -> None:
    """After the first pieces, a body whose pieces are tiny on average is given up; one of larger pieces never is."""
    assert [took(n_bytes) for n_bytes in (1, 100, 511)] == [64, 64, 64]
    assert took(1024) == 1000


def test_each_piece_gives_time() -> None:
    """The next piece is due after a grace and the time that what came so far may have taken."""
    with Budget(BYTES_MAX).lease(sender(), lambda: None, NOW_S) as lease:
        assert lease.due_s(NOW_S) == NOW_S + GRACE_S
        lease.take(10 * BYTES_PER_S_MIN)
        assert lease.due_s(NOW_S) == NOW_S + GRACE_S + 10
