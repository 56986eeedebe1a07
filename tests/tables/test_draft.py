"""The draft of one partition's transaction: reads see its writes, a rejected record leaves nothing."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.faust.records import SourceRecord
from streams.events import Record
from streams.ops.errors import Reason, Rejected
from streams.tables.draft import Draft
from streams.tables.outputs import Emit

RECORD = SourceRecord("raw.a", 0, 7, 0, b"k", b"v", ())
keys = st.binary(min_size=1, max_size=2)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["one", "two"]), keys, st.one_of(st.none(), st.binary(max_size=2))),
        st.tuples(st.just("emit"), st.sampled_from(["out", "other"]), keys, st.binary(max_size=2)),
        st.tuples(st.just("count"), st.sampled_from(["verdicts"]), st.just(b""), st.just(b"")),
    ),
    max_size=8,
)


def apply(draft: Draft, todo: list[tuple[str, str, bytes, bytes | None]]) -> None:
    for kind, name, key, value in todo:
        match kind:
            case "put":
                draft.put(name, key, value)
            case "emit":
                draft.emit(name, key, value)
            case _:
                draft.count(name, "label")


def seen(draft: Draft) -> tuple[object, ...]:
    tables = {name: dict(written) for name, written in draft.tables.items() if written}
    return tables, list(draft.emits), draft.counts


def test_reads_its_own_writes() -> None:
    """Own writes come before the store; a deleted key reads as absent."""
    draft = Draft(lambda table, key: b"stored")
    assert draft.get("t", b"a") == b"stored"
    draft.put("t", b"a", b"new")
    draft.put("t", b"b", None)
    assert draft.get("t", b"a") == b"new"
    assert draft.get("t", b"b") is None


def test_emits_and_counts() -> None:
    """Emits keep their order and headers; counts add up by name and labels."""
    draft = Draft(lambda table, key: None)
    draft.emit("out", b"k", b"1", [("h", b"x")])
    draft.emit("out", b"k", None)
    draft.count("verdicts", "sleep", n=2)
    draft.count("verdicts", "sleep")
    assert draft.emits == [Emit("out", b"k", b"1", [("h", b"x")]), Emit("out", b"k", None, None)]
    assert draft.counts == Counter({("verdicts", "sleep"): 3})


@given(st.lists(st.tuples(steps, st.sampled_from(["ok", "rejected", "bug"])), max_size=6))
def test_a_record_that_raises_leaves_no_trace(records: list[tuple[list, str]]) -> None:
    """A draft after good and bad records equals one that saw the good ones only."""
    mixed, good = Draft(lambda table, key: None), Draft(lambda table, key: None)
    for todo, outcome in records:

        def fold(record: object, draft: Draft, todo: list = todo, outcome: str = outcome) -> None:
            apply(draft, todo)
            if outcome == "rejected":
                raise Rejected(Reason.BAD_SHAPE)
            if outcome == "bug":
                raise KeyError("bug")

        if outcome == "ok":
            mixed.run(fold, RECORD)
            good.run(fold, RECORD)
        else:
            with pytest.raises((Rejected, KeyError)):
                mixed.run(fold, RECORD)
    assert seen(mixed) == seen(good)


@given(
    st.dictionaries(keys, st.binary(max_size=2)),
    st.dictionaries(keys, st.one_of(st.none(), st.binary(max_size=2))),
    keys,
    keys,
)
def test_scan_sees_what_get_sees(
    stored: dict[bytes, bytes], written: dict[bytes, bytes | None], start: bytes, stop: bytes
) -> None:
    """A scan answers every key of its range that `get` answers, once, in order, with the same value."""
    draft = Draft(
        lambda _, key: stored.get(key),
        scan=lambda _, first, last: iter(sorted((k, v) for k, v in stored.items() if first <= k < last)),
    )
    for key, value in written.items():
        draft.put("one", key, value)
    wanted = sorted(key for key in stored.keys() | written.keys() if start <= key < stop)
    known = [(key, value) for key in wanted if (value := draft.get("one", key)) is not None]
    assert list(draft.scan("one", start, stop)) == known


def test_a_call_says_whether_it_did_anything() -> None:
    """A punctuation that only looks costs no transaction: `call` answers False for it, True for any doing."""
    draft = Draft(lambda _, key: None)
    assert not draft.call(lambda d: d.get("one", b"k") and None)
    assert draft.call(lambda d: d.put("one", b"k", b"v"))
    assert draft.call(lambda d: d.emit("out", b"k", b"v"))
    assert draft.call(lambda d: d.count("verdicts", "label"))


def test_a_trace_ends_with_its_record() -> None:
    """What a fold emits without headers has those of its record's trace; other folds, and what no record asks for, have
    none of it."""
    draft, trace = Draft(lambda table, key: None), (("traceparent", b"1"),)

    def traced(record: Record, one: Draft) -> None:
        one.trace = trace
        one.emit("out", b"k", b"v")
        one.emit("out", b"k", b"v", [("own", b"2")])

    draft.run(traced, RECORD)
    draft.run(lambda record, one: one.emit("out", b"k", b"v"), RECORD)
    draft.run(traced, RECORD)
    draft.call(lambda one: one.emit("out", b"k", b"v"))
    of_record = [trace, [("own", b"2")]]
    assert [emit.headers for emit in draft.emits] == [*of_record, None, *of_record, None]
