"""Whether an old secret may go."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.control.rotation.journal import Rotation, RotationStep
from connectors.control.rotation.quiet import QUIET_S, judge
from connectors.webhook.secret_use import SecretRow

HOUR_S = 3600.0
CONFIRMED_S = 1_790_000_000.0
ROTATION = Rotation(RotationStep.CONFIRMED, "new", ("old",), CONFIRMED_S - 60, CONFIRMED_S - 1, CONFIRMED_S)
LATER_S = CONFIRMED_S + QUIET_S


def process(
    *, new_s: float = 0.0, old_s: float = 0.0, since_s: float = CONFIRMED_S - 100 * HOUR_S, first: str = "new"
) -> list[SecretRow]:
    """What a process says: when each was used last, and since when it counts."""
    rows = [
        SecretRow("junction", 0, "new", "v1", int(new_s > 0), new_s, since_s),
        SecretRow("junction", 1, "old", "v1", int(old_s > 0), old_s, since_s),
    ]
    return rows if first == "new" else [rows[0]._replace(position=1), rows[1]._replace(position=0)]


def test_it_goes_after_25_hours() -> None:
    """Proved by the new one, none by the old one alone, for 25 h since Junction took the new one; not a second less."""
    rows = [process(new_s=CONFIRMED_S + HOUR_S)]
    assert judge(rows, ROTATION, LATER_S).is_ready
    early = judge(rows, ROTATION, LATER_S - 1)
    assert (early.is_ready, early.ready_at_s) == (False, LATER_S)


def test_an_old_counter_that_stands_still_proves_nothing_alone() -> None:
    """Without a delivery by the new one everything stands still: the old one stays, however long that is."""
    for last in (0.0, CONFIRMED_S - HOUR_S):
        verdict = judge([process(new_s=last)], ROTATION, LATER_S + 1000 * HOUR_S)
        assert not verdict.is_ready
        assert "no delivery has been proved by the new one" in verdict.why


def test_the_new_one_moves_after_the_old_ones_last_use() -> None:
    """A delivery by the new one before the old one's last is no proof: what came since was nothing at all."""
    old_s = CONFIRMED_S + 2 * HOUR_S
    assert not judge([process(new_s=old_s - 1, old_s=old_s)], ROTATION, old_s + 2 * QUIET_S).is_ready
    assert judge([process(new_s=old_s + 1, old_s=old_s)], ROTATION, old_s + QUIET_S).is_ready


def test_the_25_hours_begin_with_the_last_use_of_the_old_one() -> None:
    """In any process of any gateway."""
    used, quiet = process(new_s=LATER_S, old_s=CONFIRMED_S + HOUR_S), process(new_s=LATER_S)
    verdict = judge([quiet, used], ROTATION, LATER_S)
    assert (verdict.is_ready, verdict.ready_at_s) == (False, LATER_S + HOUR_S)
    assert judge([quiet, used], ROTATION, LATER_S + HOUR_S).is_ready


def test_a_gateway_that_restarted_knows_nothing_of_before() -> None:
    """Its counters begin with it, and so do the 25 h."""
    rows = [process(new_s=LATER_S), process(new_s=LATER_S, since_s=CONFIRMED_S + 20 * HOUR_S)]
    verdict = judge(rows, ROTATION, LATER_S)
    assert (verdict.is_ready, verdict.ready_at_s) == (False, LATER_S + 20 * HOUR_S)
    assert "a gateway began to count" in verdict.why


def test_a_process_without_the_new_one() -> None:
    """One that has the old one first, or says nothing, has not read the file."""
    good = process(new_s=LATER_S)
    for other in (process(new_s=LATER_S, first="old"), []):
        assert not judge([good, other], ROTATION, LATER_S).is_ready
    assert not judge([], ROTATION, LATER_S).is_ready


TIMES_S = st.integers(0, 216_000).map(lambda ago: CONFIRMED_S + ago - 10 * HOUR_S) | st.just(0.0)


@given(st.lists(st.builds(process, new_s=TIMES_S, old_s=TIMES_S, since_s=TIMES_S), min_size=1, max_size=4), TIMES_S)
def test_whoever_is_let_go_was_silent(rows: list[list[SecretRow]], now_s: float) -> None:
    """A yes means for every process: not used for 25 h, counted for 25 h, and the new one proved one meanwhile."""
    if judge(rows, ROTATION, now_s).is_ready:
        assert all(row.last_used_s <= now_s - QUIET_S for one in rows for row in one if row.fingerprint == "old")
        assert all(row.since_s <= now_s - QUIET_S for one in rows for row in one if row.fingerprint == "old")
        olds = [row for one in rows for row in one if row.fingerprint == "old"]
        began_s = max(CONFIRMED_S, *(max(row.last_used_s, row.since_s) for row in olds))
        assert any(row.last_used_s > began_s for one in rows for row in one if row.fingerprint == "new")
