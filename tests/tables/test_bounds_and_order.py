"""What is bounded: what holds up to the bound, and exactly what remains beyond it, whatever came first.

Days of coverage have their law beside their other ones (test_coverage).
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.agents.steps import drift
from streams.agents.steps.hour_preferences import SOURCES
from streams.payloads.drift import RARE, Finding
from streams.tables import sources
from streams.tables.drift_counts import decode
from streams.tables.history import backfills
from streams.tables.history.backfills import EMPTY, NOTICES_MAX, HistoryNotice
from streams.tables.sources import Maker, Policy, Rivals
from tests.folding import Worker
from tests.strategies import envelope

FEW = 3
WATCH, PHONE = Maker("garmin", "watch"), Maker("apple", "phone")
ids = st.sampled_from("abcdefg")
BEAT = {"id": 1, "timestamp": "2026-06-03T10:00:00+00:00", "unit": "bpm", "value": 60, "type": "automatic"}
DATA: dict[str, Any] = {"body": {"id": "1"}, "heartrate": {"data": [BEAT]}}


def merged(moves: list[tuple[Maker, str, bool]]) -> Rivals:
    """A day after entities came (True) and went."""
    row = Rivals()
    for maker, id, comes in moves:
        row = row.adding(maker, id) if comes else row.removing(maker, id)
    return row.ranked(Policy())


@given(st.lists(st.tuples(st.sampled_from([WATCH, PHONE]), ids), max_size=30), st.randoms(use_true_random=False))
def test_entities_of_a_day(came: list[tuple[Maker, str]], random: Any) -> None:
    """Of what only came the first IDS_MAX ids in their own order remain, in any order of arrival; no source is lost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "IDS_MAX", FEW)
        rows = [merged([(*one, True) for one in random.sample(came, len(came))]) for _ in range(3)]
    there = {maker: sorted({id for one, id in came if one == maker}) for maker in (WATCH, PHONE)}
    expected = tuple(sorted((maker, tuple(found[:FEW])) for maker, found in there.items() if found))
    assert [row.ids for row in rows] == [expected] * 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=20), st.randoms(use_true_random=False))
def test_entities_that_move_within_the_bound(moves: list[tuple[str, bool]], random: Any) -> None:
    """Up to IDS_MAX entities: those are there whose own last move was to come, however the entities interleave."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "IDS_MAX", FEW)
        rows = [merged([(WATCH, *one) for one in interleaved(moves, random)]) for _ in range(3)]
    last = dict(moves)
    there = tuple(sorted(id for id, comes in last.items() if comes))
    assert [row.of(WATCH) for row in rows] == [there] * 3


def test_entities_that_move_beyond_the_bound() -> None:
    """What was not remembered cannot stay: when IDS_MAX remembered ones have gone, the source has too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "IDS_MAX", FEW)
        came = [(WATCH, id, True) for id in "abcd"]
        assert merged([*came, *((WATCH, id, False) for id in "abc")]).of(WATCH) == ()
        assert merged([*((WATCH, id, False) for id in "abc"), *came[3:]]).of(WATCH) == ("d",)


@given(
    st.lists(st.builds(HistoryNotice, st.integers(0, 200), ids), min_size=1, max_size=100),
    st.randoms(use_true_random=False),
)
def test_notices_of_a_history(said: list[HistoryNotice], random: Any) -> None:
    """The newest NOTICES_MAX by their own time are known, and the newest counts, in any order and repeated."""
    state = EMPTY
    for notice in [*random.sample(said, len(said)), *random.sample(said, len(said))]:
        state = backfills.merge(state, notice)
    assert state.seen == tuple(sorted({(one.at_ms, one.delivery_id) for one in said})[-NOTICES_MAX:])
    assert state.newest == max(said)


@given(st.lists(st.tuples(st.sampled_from(["body", "heartrate"]), ids), max_size=25), st.randoms(use_true_random=False))
def test_items_of_drift(found: list[tuple[str, str]], random: Any) -> None:
    """Of each raw topic the first ITEMS_MAX by its own order have rows, however the topics meet; all else is counted
    together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift, "ITEMS_MAX", FEW)
        tables = [drifted(interleaved(found, random)) for _ in range(2)]
    expected = Counter[tuple[str, str]]()
    for resource in ("body", "heartrate"):
        names = [name for one, name in found if one == resource]
        kept = list(dict.fromkeys([*names[:1], RARE, *names]))[:FEW]  # of names that one user has, the place has a row
        expected.update((resource, name if name in kept else "") for name in names)
        expected.update((resource, RARE) for name in names if name in kept)
    assert tables == [expected, expected]


def drifted(found: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How often each unknown field was counted, by resource; "" stands for all those without a row."""
    worker, offsets = Worker(), Counter[str]()
    for resource, name in found:
        data = {name: 1, "source": {"provider": "garmin", "type": "watch"}} | DATA[resource]
        worker.deliver(envelope(f"daily.data.{resource}.created", data), offset=offsets[resource])
        offsets[resource] += 1
    of_name = {_key(*pair): pair for pair in found} | {_key(resource, RARE): (resource, RARE) for resource in DATA}
    rows = {key: decode(value) for key, value in worker.tables["drift"].items() if not key.startswith(b"items:")}
    overflow = {
        key: ("body" if b"summaries" in key else "heartrate", "") for key in rows if key.startswith(b"overflow:")
    }
    return {(of_name | overflow)[key]: row.events for key, row in rows.items() if row}


def _key(resource: str, name: str) -> bytes:
    return drift.row_key(Finding("field", resource, f"$.data.{name}", "number"))


def interleaved(moves: list[tuple[str, Any]], random: Any) -> list[tuple[str, Any]]:
    """Another order, in which those of one name keep theirs."""
    names = [name for name, _ in moves]
    random.shuffle(names)
    left = {name: iter([one for one in moves if one[0] == name]) for name in names}
    return [next(left[name]) for name in names]


MAKERS = [Maker(provider, kind) for provider in ("apple", "garmin", "zepp") for kind in ("watch", "phone", "new_type")]


@given(st.lists(st.sampled_from(MAKERS), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_sources_of_a_resource(came: list[Maker], random: Any) -> None:
    """Of the sources that ever sent interval samples the best remain, in any order of arrival: in the state itself."""
    policy = Policy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "MAKERS_MAX", FEW)
        rows = [sources_kept(random.sample(came, len(came))) for _ in range(3)]
    best: list[Maker] = []
    while len(best) < min(FEW, len(set(came))):
        best.append(policy.best(set(came) - set(best)))
    assert rows == [tuple(sorted(best))] * 3


def sources_kept(came: list[Maker]) -> tuple[Maker, ...]:
    """The stored row after one step event from each source."""
    worker = Worker()
    for n, maker in enumerate(came):
        row = BEAT | {"unit": "count", "start": BEAT["timestamp"], "end": BEAT["timestamp"]}
        said = {"source": {"provider": maker.provider, "type": maker.type}, "data": [row]}
        worker.deliver(envelope("daily.data.steps.created", said), id=f"msg_{n}")
    (stored,) = [value for key, value in worker.tables["samples"].items() if key.endswith(SOURCES)]
    return sources.decode_makers(stored)
