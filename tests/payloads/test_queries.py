"""Rows of continuous queries: one record a row, keyed by query and group."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.letters.explain import explain
from tests.folding import NOW_MS, Clean, Worker
from tests.strategies import USER, envelope, tables

KIND = "continuous_query.result_table.changed"


def event(columns: Any, **table: Any) -> dict[str, Any]:
    return envelope(KIND, [{"query_id": "q1", "query_slug": "weekly-sleep", "data": columns, **table}])


def shown(clean: list[Clean]) -> list[tuple[str, str, dict[str, float]]]:
    return [(one.record["id"], one.record["verdict"], one.record["numbers"]) for one in clean]


def test_only_rows_that_are_news_leave() -> None:
    """Of two rows one is known and one has changed: one record, which names the column."""
    worker = Worker()
    first = worker.deliver(event({"group_key.0": ["mon", "tue"], "mean.score": [78.5, 70], "min.score": [64, 60]}))
    again = event({"group_key.0": ["mon", "tue"], "mean.score": [78.5, 71], "min.score": [64, 60]})
    second = worker.deliver(again, at_ms=NOW_MS + 1, id="msg_2")
    assert shown(first) == [
        ("q1/mon", "NEW", {"mean.score": 78.5, "min.score": 64.0}),
        ("q1/tue", "NEW", {"mean.score": 70.0, "min.score": 60.0}),
    ]
    assert shown(second) == [("q1/tue", "CHANGED", {"mean.score": 71.0, "min.score": 60.0})]
    assert second[0].record["changed_fields"] == ["mean.score"]
    assert {one.key for one in first} == {f"{USER}:q1"}
    assert first[0].record["group_key"] == {"group_key.0": "mon"}


def test_a_row_holds_what_it_is_given() -> None:
    """Numbers and texts apart; nulls left out; what is neither, and unknown names, among the unknown fields."""
    columns = {"group_key.0": ["a/b"], "n": [1], "t": ["x"], "b": [True], "o": [{"deep": 1}], "z": [None], "odd": 5}
    (one,) = Worker().deliver(event(columns, version=3))
    assert (one.record["numbers"], one.record["texts"]) == ({"n": 1.0}, {"t": "x", "b": "true"})
    assert json.loads(one.record["unknown_fields"]) == {"version": 3, "data.o": {"deep": 1}, "data.odd": 5}
    assert one.record["id"] == "q1/a%2Fb"


def test_many_group_keys_are_in_their_order() -> None:
    """The tenth part of a group key follows the second; null and the text "~" are not the same group."""
    columns = {"group_key.10": ["c", "c"], "group_key.2": ["b", "b"], "group_key.0": [None, "~"], "n": [1, 2]}
    assert [one.record["id"] for one in Worker().deliver(event(columns))] == ["q1/~/b/c", "q1/%7E/b/c"]


def test_a_query_without_groups_is_one_row() -> None:
    """Then its key is the query's."""
    (one,) = Worker().deliver(event({"mean.score": [78.5]}))
    assert one.record["id"] == "q1"


@pytest.mark.parametrize(
    "data", [{}, [], 7, [{"query_id": "q1"}], [{"data": {}}], [{"query_id": "q1", "data": {"n": [1, 2]}}], [None]]
)
def test_another_shape_leaves_once_a_delivery(data: Any) -> None:
    """Without rows that have a key the payload is passed on as it is."""
    worker = Worker()
    (one,) = worker.deliver(envelope(KIND, data))
    assert (one.key, json.loads(one.record["payload_json"]), one.record["id"]) == (f"{USER}:msg_1", data, None)
    assert worker.deliver(envelope(KIND, data)) == []


def test_columns_of_different_length_are_a_problem() -> None:
    """What is missing is null, and said."""
    first, second = Worker().deliver(event({"group_key.0": ["a", "b"], "n": [1]}))
    assert (first.record["numbers"], second.record["numbers"]) == ({"n": 1.0}, {})
    assert second.record["problems"] == ["$.data[].data: columns of different length"]


@given(st.lists(tables(), min_size=1, max_size=3))
def test_rows_do_not_share_a_key(data: list[Any]) -> None:
    """Two groups are two rows: an event leaves as many records as it has groups, and again as none."""
    worker = Worker()
    told = worker.deliver(envelope(KIND, data))
    groups = {(t["query_id"], a, b) for t in data for a, b in zip(*list(t["data"].values())[:2], strict=True)}
    assert all(one.record["payload_json"] is None for one in told)
    assert len({one.record["id"] for one in told}) == len(groups)
    assert worker.deliver(envelope(KIND, data)) == []


def test_explain_says_the_rows() -> None:
    """Keys and their number, without state."""
    body = json.dumps(event({"group_key.0": ["mon", "tue"], "n": [1, 2]})).encode()
    told = explain(body, prefix="junction", partitions=12)
    assert (told.entities, told.keys[1], told.schema) == (2, f"{USER} · q1/tue", "QueryResult")
