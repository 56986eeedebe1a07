"""Which connections stay open: by any order of openings, moves and closings."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from connectors.webhook.limits.connections import HEAD_S, IDLE_S, SWEPT_AT_ONCE, Connections, Stage
from connectors.webhook.limits.senders import Sender

MOST, MOST_OF_ONE = 6, 3
NOW_S = 10_000.0


class Wire:
    """A connection as its limits see it. It ends as a transport does: at the next turn of the loop, not at once."""

    def __init__(self, sender: Sender) -> None:
        self.sender, self.stage = sender, Stage.ANSWER
        self.why = ""

    def give_up(self, why: str) -> None:
        assert not self.why, "closed twice"
        self.why = why


def opened(limits: Connections, new: Wire, now_s: float) -> bool:
    """Whether there was room for it; it is counted then."""
    if not limits.make_room(new.sender, now_s):
        return False
    limits.opened(new, now_s)
    return True


def sender(name: str, *, is_proven: bool = False) -> Sender:
    made = Sender(name, is_proxy=False, is_allowed=True)
    if is_proven:
        made.proven_s = NOW_S
    return made


class AnyOrder(RuleBasedStateMachine):
    """Strangers and senders of ours open, wait, are answered and close, in any order."""

    wires = Bundle("wires")

    def __init__(self) -> None:
        super().__init__()
        self.now_s = NOW_S
        self.limits = Connections(MOST, MOST_OF_ONE)
        self.senders = [sender("a"), sender("b"), sender("c"), sender("ours", is_proven=True)]
        self.open: dict[Wire, float] = {}  # since when each waits for what it waits for
        self.closing: list[Wire] = []

    def n_of(self, sender: Sender) -> int:
        return sum(one.sender is sender for one in self.open)

    def expendable(self) -> set[Wire]:
        waiting = {one for one in self.open if one.stage is not Stage.ANSWER}
        if held := {one for one in waiting if one.stage is Stage.HELD}:
            return held
        unproven = {one for one in waiting if not one.sender.is_proven(self.now_s)}
        return unproven or {one for one in waiting if one.stage is Stage.IDLE}

    def settle(self) -> set[Wire]:
        """What was given up in this step."""
        given_up = {one for one in self.open if one.why}
        for one in given_up:
            del self.open[one]
            self.closing.append(one)
        return given_up

    @rule(target=wires, of=st.integers(0, 3))
    def opens(self, of: int) -> Any:
        new = Wire(self.senders[of])
        expendable, n_of_it = self.expendable(), self.n_of(new.sender)
        is_full, is_ours = len(self.open) >= MOST, new.sender.is_proven(self.now_s)
        is_in = opened(self.limits, new, self.now_s)
        most_of_it = max((self.n_of(one.sender) for one in expendable), default=0)
        has_room = not is_full or (bool(expendable) and (is_ours or not n_of_it or most_of_it > n_of_it + 1))
        assert is_in == ((is_ours or n_of_it < MOST_OF_ONE) and has_room)
        given_up = self.settle()
        assert given_up <= expendable
        assert len(given_up) == (is_in and is_full)
        if not is_in:
            return multiple()
        self.open[new] = self.now_s
        return new

    @rule(wire=wires, stage=st.sampled_from([one for one in Stage if one is not Stage.CLOSED]))
    def moves(self, wire: Wire, stage: Stage) -> None:
        if wire in self.open:
            self.limits.move(wire, stage, self.now_s)
            self.open[wire] = self.now_s

    @rule(wire=consumes(wires))
    def closes(self, wire: Wire) -> None:
        if wire in self.open:
            del self.open[wire]
            self.limits.closed(wire, self.now_s)

    @precondition(lambda self: self.closing)
    @rule()
    def the_loop_turns(self) -> None:
        for wire in self.closing:
            self.limits.closed(wire, self.now_s)
        self.closing.clear()

    @rule(of=st.integers(0, 3))
    def proves(self, of: int) -> None:
        self.senders[of].proven_s = self.now_s

    @rule(seconds=st.sampled_from([1.0, HEAD_S, IDLE_S]))
    def time_goes_on(self, seconds: float) -> None:
        self.now_s += seconds
        due = {Stage.HEAD: HEAD_S, Stage.IDLE: IDLE_S, Stage.CLOSING: HEAD_S}
        overdue = {one for one, since_s in self.open.items() if self.now_s - since_s >= due.get(one.stage, 1e9)}
        self.the_loop_turns()
        while self.limits.sweep(self.now_s):
            pass
        assert self.settle() == overdue
        self.the_loop_turns()

    @invariant()
    def counts_are_right(self) -> None:
        assert self.limits.n_open == len(self.open) <= MOST
        for one in self.senders:
            assert one.n_connections == sum(wire.sender is one for wire in self.open)


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestAnyOrder = AnyOrder.TestCase


def filled(*stages: Stage) -> tuple[Connections, list[Wire]]:
    """As full as it may be, a connection a stage, each of another stranger."""
    limits = Connections(len(stages), MOST_OF_ONE)
    wires = [Wire(sender(str(n))) for n in range(len(stages))]
    for wire, stage in zip(wires, stages, strict=True):
        assert opened(limits, wire, NOW_S)
        limits.move(wire, stage, NOW_S)
    return limits, wires


def test_what_is_closed_first() -> None:
    """A refusal that is held back, then heads, idle ones, bodies; what is being answered never."""
    limits, wires = filled(Stage.ANSWER, Stage.BODY, Stage.IDLE, Stage.HEAD, Stage.HELD)
    for _ in range(4):
        new = Wire(sender("ours", is_proven=True))
        assert opened(limits, new, NOW_S)
        limits.move(new, Stage.ANSWER, NOW_S)
    assert [wire.why for wire in wires] == [""] + ["too_many"] * 4
    assert not opened(limits, Wire(sender("ours", is_proven=True)), NOW_S)


def test_what_is_closed_does_not_move() -> None:
    """What a connection does between being closed and the end of its transport is counted nowhere."""
    limits, (wire,) = filled(Stage.HEAD)
    assert opened(limits, Wire(sender("new")), NOW_S)
    limits.move(wire, Stage.BODY, NOW_S)
    limits.closed(wire, NOW_S)
    assert (limits.n_open, wire.sender.n_connections) == (1, 0)


def test_the_longest_waiting_goes_first() -> None:
    """Of those that wait for the same, the one that waits longest makes room; a move begins anew."""
    limits, (first, second, third) = filled(Stage.HEAD, Stage.HEAD, Stage.HEAD)
    limits.move(first, Stage.HEAD, NOW_S + 1)
    assert opened(limits, Wire(sender("new")), NOW_S + 1)
    assert (first.why, second.why, third.why) == ("", "too_many", "")


def test_who_proved_something_stays() -> None:
    """A stranger's connection makes room before any of a sender of ours; of those only an idle one ever does."""
    limits, (head, idle, stranger) = filled(Stage.HEAD, Stage.IDLE, Stage.BODY)
    head.sender.proven_s = idle.sender.proven_s = NOW_S
    answers = [opened(limits, Wire(sender(str(n), is_proven=True)), NOW_S) for n in range(3)]
    assert (head.why, idle.why, stranger.why) == ("", "too_many", "too_many")
    assert answers == [True, True, False]


def test_held_refusals_count_twice() -> None:
    """An address that forges may have half its share of connections wait for their refusals, and opens no more then."""
    limits, forger = Connections(100, 10), sender("a")
    forger.n_held = 5
    assert opened(limits, Wire(forger), NOW_S)
    forger.n_held = 6
    assert not opened(limits, Wire(forger), NOW_S)
    forger.proven_s = NOW_S
    assert opened(limits, Wire(forger), NOW_S)


def test_addresses_that_have_as_many_do_not_close_each_others() -> None:
    """When it is full, a stranger's first connection is let in, its next only where another stranger has more."""
    limits, many, few = Connections(4, 4), sender("many"), sender("few")
    wires = [Wire(many) for _ in range(4)]
    assert all(opened(limits, wire, NOW_S) for wire in wires)
    assert [opened(limits, Wire(few), NOW_S) for _ in range(3)] == [True, True, False]
    assert [wire.why for wire in wires] == ["too_many", "too_many", "", ""]
    assert not opened(limits, Wire(many), NOW_S)


def test_who_has_most_makes_room() -> None:
    """Of those that wait longest the connection goes whose address has most."""
    limits, single, many = Connections(3, 3), Wire(sender("single")), sender("many")
    assert opened(limits, single, NOW_S)
    others = [Wire(many), Wire(many)]
    assert all(opened(limits, wire, NOW_S) for wire in others)
    assert opened(limits, Wire(sender("new")), NOW_S)
    assert (single.why, [wire.why for wire in others]) == ("", ["too_many", ""])


def test_a_few_are_swept_at_once() -> None:
    """However many are overdue, a sweep closes only a few, and says whether there may be more."""
    limits, count = Connections(100, 100), 2 * SWEPT_AT_ONCE + 1
    wires = [Wire(sender("a")) for _ in range(count)]
    assert all(opened(limits, wire, NOW_S) for wire in wires)
    assert [limits.sweep(NOW_S + HEAD_S) for _ in range(3)] == [True, True, False]
    assert (limits.n_open, {wire.why for wire in wires}) == (0, {"slow_head"})
