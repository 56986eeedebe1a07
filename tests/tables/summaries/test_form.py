"""Rows of summaries: what is read is what was written, and they are compared as their JSON would be."""

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.events import Family, parse_type
from streams.ops.errors import Misconfigured, Rejected
from streams.payloads import Summary, decode, to_json, unknown_text
from streams.tables import rows, summaries, verdicts
from streams.tables.provenance import Provenance, provenance_of
from streams.tables.sources import Maker
from streams.tables.summaries import Place, SummaryForm, packed_row
from streams.tables.verdicts import NEVER_US, Verdict, Version
from tests import every_event
from tests.folding import NOW_MS, raw
from tests.strategies import odd_values

TYPES = [name for name in every_event.DATA_TYPES if parse_type(name).family is Family.SUMMARY]


ids = st.sampled_from(["s1", "x" * 2000, "y" * 2000])  # long ones are in no key


@st.composite
def events(draw: st.DrawFn, name: str) -> bytes:
    """Of a type, in any generation, with up to two places that hold anything."""
    event = draw(st.sampled_from(every_event.generations(draw(every_event.of(name)))))
    for place in draw(st.lists(st.sampled_from(sorted(event["data"])), max_size=2)):
        event["data"][place] = draw(ids) if place == "id" else draw(odd_values)
    return json.dumps(event).encode()


types = st.sampled_from(TYPES)
versions = st.builds(Version, st.sampled_from([NEVER_US, 1_780_500_000_000_000]), st.just(NOW_MS), st.integers(1, 3))
days = st.sampled_from(["", "whole", "20607", "-3"])
offsets = st.integers(-1, 2**40)


def read(body: bytes) -> Summary:
    try:
        found = decode(body, Family.SUMMARY)
    except Rejected:
        assume(False)
    assert isinstance(found, Summary)
    return found


def delivery(offset: int = 0) -> Provenance:
    return provenance_of(raw(b"{}", offset=offset, topic="junction.raw.summaries"))


@given(types.flatmap(events), versions, days, offsets)
def test_what_is_read_is_what_was_written(body: bytes, version: Version, day: str, offset: int) -> None:
    """All that a record needs, to the type of each number."""
    one, at = read(body), delivery(offset)
    found = summaries.read(SummaryForm(one, day, at).row(version, b""), one.event.type.resource, one.id)
    then, event = found.beside, one.event
    assert (found.version, found.offset) == (version, max(offset, 0))
    assert (then.day, then.source, then.maker) == (day, one.source, Maker(one.source.provider, one.source.type))
    assert (then.client_user_id, then.team_id) == (event.client_user_id, event.team_id)
    assert (then.event_type, then.problems) == (event.type.text, event.problems)
    assert (then.delivery_id, then.door, then.origin, then.backfill_id) == (at.id, at.door, at.origin, at.backfill_id)
    assert (then.created_ms, then.received_ms) == (at.created_ms, at.received_ms)
    assert then.unknown_fields == unknown_text(event, one.unknown)
    expected = {name: value for name, value in one.fields.items() if value is not None}
    assert to_json(then.fields) == to_json(expected)  # 1 is not 1.0 there


@given(types.flatmap(lambda name: st.tuples(events(name), events(name))))
def test_changes_are_those_of_the_content(pair: tuple[bytes, bytes]) -> None:
    """The names are those whose values differ in the JSON that content is compared by."""
    before, now = map(read, pair)
    assume(before.id == now.id)
    content, version = to_json(now.content), Version(1, 2, 3)
    expected = verdicts.changed_names(to_json(before.content), content)
    form = SummaryForm(now, "", delivery())
    assert form.changed(SummaryForm(before, "20607", delivery()).row(version, b""), content) == expected
    assert form.before == Place("20607", Maker(before.source.provider, before.source.type))
    assert form.changed(SummaryForm(now, "", delivery()).row(version, b""), content) == []


def _body(**data: Any) -> bytes:
    whole = {"id": "s1", "total": 5, "source": {"provider": "oura", "type": "ring"}} | data
    return json.dumps({"event_type": "daily.data.sleep.created", "user_id": "u-1", "data": whole}).encode()


def test_an_id_that_is_in_no_key_is_compared() -> None:
    """It is too long for one, so the key is a natural one, which several such ids may have."""
    bodies = [_body(id=id, bedtime_start="2026-06-03T00:00:00Z") for id in ("x" * 2000, "y" * 2000, None)]
    for before, now in permutations(map(read, bodies), 2):
        state = SummaryForm(before, "", delivery()).row(Version(1, 2, 3), b"")
        assert SummaryForm(now, "", delivery()).changed(state, b"") == ["id"]


def test_of_equal_versions_the_first_in_the_log_stays() -> None:
    """A redelivery of the same version, later in the log, writes nothing; which of two came first does not matter."""
    version, one, ends = Version(1, NOW_MS, 7), read(_body()), set()
    for order in ((5, 9, 5), (9, 5, 9)):
        state = None
        for offset in order:
            judged = verdicts.judge(state, version, b"{}", SummaryForm(one, "", delivery(offset)))
            state = judged.state or state
        ends.add(state)
    assert [packed_row.offset(state) for state in ends if state] == [5]


def test_what_stands_twice_in_the_log_at_one_offset() -> None:
    """Of two rows that differ in nothing but what is kept beside, one is always the one that stays."""
    version, ends = Version(1, NOW_MS, 7), set()
    makers = [SummaryForm(read(_body(total_seconds=n)), "", delivery()) for n in (1, 2)]
    for order in (makers, makers[::-1]):
        state = None
        for form in order:
            state = verdicts.judge(state, version, b"{}", form).state or state
        ends.add(state)
    assert len(ends) == 1


def test_a_word_that_a_newer_version_knows() -> None:
    """The row is refused, with the sentence for rows of other versions."""
    one = read(_body())
    state = SummaryForm(one, "", delivery()).row(Version(1, NOW_MS, 7), b"")
    row = packed_row.decode(state)
    fields = [getattr(row, name) for name in row.__struct_fields__]
    fields[row.__struct_fields__.index("door")] = 99
    newer = state[: packed_row._BODY] + packed_row._encode(fields)
    with pytest.raises(Misconfigured, match=f"has format {rows.SUMMARY.writes} with more words"):
        summaries.read(newer, "sleep", "s1")


def test_a_sleep_is_compared_with_its_older_row() -> None:
    """What was stored as JSON is compared, and written anew when it changes."""
    older = bytes.fromhex(
        "020006535af605c8000000019e8e11f0e8fffffffffffffff9000000137b22746f74616c5f73223a32383830302e307d"
        "00000000000000299ea5323036303796a46f757261a472696e67c0c0c0c0a6636c69656e74a47465616db86461696c79"
        "2e646174612e736c6565702e63726561746564a56d73675f31a7776562686f6f6bab696e6372656d656e74616ca0cf00"
        "00019e8e11ed00cf0000019e8e11eef481a26964a27331c090"
    )
    one = read(_body())
    form = SummaryForm(one, "20608", delivery(42))
    judged = verdicts.judge(older, Version(1_780_500_000_000_001, NOW_MS, 9), to_json(one.content), form)
    assert (judged.verdict, judged.changed_fields) == (Verdict.CHANGED, ["id", "source", "total_s"])
    assert form.before == Place("20607", Maker("oura", "ring"))
    assert judged.state is not None
    assert judged.state[0] == rows.SUMMARY.writes
    same = Version(1_780_500_000_000_000, 1_780_500_001_000, -7)
    assert verdicts.judge(older, same, b"{}", form).state is None
    assert verdicts.judge(older, same, b"{}", SummaryForm(one, "", delivery(40))).state is not None
