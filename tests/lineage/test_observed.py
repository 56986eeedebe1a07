"""What the product's folds note, as lineage rows."""

import json
from typing import Any

import pytest

from streams.agents import assembly
from streams.engine.work.step import Step
from streams.events import topics
from streams.kafka import codec
from streams.lineage.closing import closing
from streams.lineage.columns import ENTITIES_MAX, rows_of
from streams.lineage.observed import ODD, columns_of
from streams.lineage.row import AlertStep, LineageRow, Tally
from streams.ops.errors import Reason, Rejected
from streams.tables import Dead
from streams.tables.draft import Draft
from tests.folding import CODEC, NOW_MS, PREFIX, RawRecord, Worker, raw
from tests.strategies import USER, envelope

AT = "2026-06-03T10:00:00+00:00"
SOURCE = {"provider": "garmin", "type": "watch"}
MARK = "plantedmarker"


def heartrate(*values: float) -> dict[str, Any]:
    """One sample a second."""
    rows = [{"timestamp": f"2026-06-03T10:00:{s:02}Z", "value": v, "unit": "bpm"} for s, v in enumerate(values)]
    return envelope("daily.data.heartrate.created", {"source": SOURCE, "data": rows})


def weighed(weight: float, updated_at: str = AT, **data: Any) -> dict[str, Any]:
    fields = {"id": "b1", "weight": weight, "updated_at": updated_at, "source": SOURCE, "date": AT}
    return envelope("daily.data.body.updated", {**fields, **data})


def lineage(bodies: list[bytes], draft: Draft) -> list[LineageRow]:
    """All records in one transaction, as the engine closes it."""
    folds = assembly.folds(CODEC, PREFIX)
    records = [raw(body, id=f"msg_{n}", offset=n) for n, body in enumerate(bodies)]
    for record in records:
        Step([record], draft, f"{PREFIX}.dead_letters").run(folds[record.topic.removeprefix(f"{PREFIX}.")])
    closing(CODEC, PREFIX, "w1")(draft)
    values = [emit.value or b"" for emit in draft.emits if emit.topic == f"{PREFIX}.{topics.LINEAGE}"]
    decoded = [codec.decode(value, codec.bare(codec.parsed("Lineage"))) for value in values]
    return [row for record in decoded for row in rows_of(record, draft.partition)]


def new_draft() -> Draft:
    return Draft(lambda table, key: None, 3, NOW_MS)


def test_every_raw_record_has_one_row_whatever_became_of_it() -> None:
    """New, the same again, changed, outdated and dead: a row each, in the order of the log."""
    bodies = [
        weighed(70), weighed(70), weighed(71, "2026-06-03T11:00:00+00:00"), weighed(69),
        {**weighed(70), "data": "no object"},
    ]  # fmt: skip
    rows = lineage([json.dumps(body).encode() for body in bodies], new_draft())
    assert [row.offset for row in rows] == [0, 1, 2, 3, 4]
    assert [row.entities[0].verdict for row in rows[:4]] == ["NEW", "SAME", "CHANGED", "STALE"]
    assert [row.reason for row in rows] == ["", "", "", "", "bad_shape"]
    assert rows[2].entities[0].changed_fields == ("weight_kg",)
    assert rows[2].entities[0].n_changed == 1
    assert [row.clean for row in rows] == [
        (Tally("connections", 1), Tally("body", 1)), (), (Tally("body", 1),), (), (),
    ]  # fmt: skip


def test_a_row_says_whose_data_came_when_and_how() -> None:
    """What a row knows of a delivery: ids, times, owner, resource, door, source, span of the data and its days."""
    worker = Worker()
    worker.deliver(heartrate(60, 61), at_ms=NOW_MS, id="msg_a", offset=5, headers={"ce_redrivenfrom": "2:7"})
    (row,) = worker.rows
    assert (row.delivery_id, row.raw_topic, row.partition, row.offset) == ("msg_a", "raw.timeseries", 3, 5)
    assert (row.created_ms, row.received_ms, row.redriven_from) == (NOW_MS, NOW_MS, "2:7")
    assert (row.owner_id, row.event_type, row.resource) == (USER, "daily.data.heartrate.created", "heartrate")
    assert (row.door, row.origin, row.provider, row.source_type) == ("webhook", "incremental", "garmin", "watch")
    assert row.last_us - row.first_us == 1_000_000
    assert row.counted == (Tally("NEW", 2),)
    assert not row.entities
    assert (row.processed_ms, row.worker) == (NOW_MS, "w1")


@pytest.mark.parametrize(
    ("provider", "offset", "days"),
    [
        ("garmin", {"timezone_offset": 14 * 3600}, (20_608, 20_608)),
        ("garmin", {"timezone_offset": 0}, (20_607, 20_607)),
        ("garmin", {}, (0, 0)),
        ("freestyle_libre", {}, (20_607, 20_607)),  # because its UTC is the user's clock
    ],
)
def test_days_of_samples_are_those_that_they_name(provider: str, offset: dict[str, int], days: tuple[int, int]) -> None:
    """Without an offset nobody knows which day it was where the user is: a row does not say that of UTC instead."""
    event = heartrate(60, 61)
    event["data"] = {
        "source": {"provider": provider, "type": "watch"},
        "data": [one | offset for one in event["data"]["data"]],
    }
    worker = Worker()
    worker.deliver(event, at_ms=NOW_MS, id="msg_a")
    (row,) = worker.rows
    assert (row.first_day, row.last_day) == days


def test_rows_of_a_delivery_agree_with_the_counters() -> None:
    """Verdicts of all rows are the sum that the metrics have."""
    worker = Worker()
    for n, event in enumerate([heartrate(60, 61), heartrate(60, 62, 63), weighed(70), weighed(70), weighed(71)]):
        worker.deliver(event, id=f"msg_{n}", at_ms=NOW_MS + n)
    said: dict[str, int] = {}
    for row in worker.rows:
        for verdict, n in [*((one.verdict, 1) for one in row.entities), *row.counted]:
            said[verdict] = said.get(verdict, 0) + n
    counted: dict[str, int] = {}
    for name, n in worker.counts.items():
        if name[0] == "verdicts":
            counted[name[3]] = counted.get(name[3], 0) + n
    assert said == counted


def test_what_no_event_asked_for_is_of_no_delivery() -> None:
    """Timers and progress of fetchers emit records, too; they are in no row."""
    draft = new_draft()
    folds = assembly.folds(CODEC, PREFIX)
    draft.run(folds["raw.summaries"], raw(json.dumps(weighed(70)).encode()))
    draft.call(lambda draft: draft.count("clean_records", "alerts"))
    (row,) = rows_of(next(iter(columns_of(draft.measurements, PREFIX))).record(0, "w", "1"), 3)
    assert row.clean == (Tally("connections", 1), Tally("body", 1))


def test_an_alert_is_a_step_of_the_delivery_that_moved_it() -> None:
    """The rule and the step of each alert record that a delivery led to."""
    rule = {"name": "high", "kind": "threshold", "resource": "heartrate", "above": "100 bpm"}
    worker = Worker(rules=[rule])
    worker.deliver(heartrate(140), at_ms=1_780_480_800_000)
    assert worker.rows[0].alerts == (AlertStep("high", "opened"),)


def test_many_entities_are_named_up_to_a_bound_and_counted_beyond() -> None:
    """A delivery of a hundred entities names ENTITIES_MAX of them, and counts the others by verdict."""
    n = ENTITIES_MAX + 30
    data = {"query_id": "q", "query_slug": "weekly", "data": {"group_key.0": [*map(str, range(n))], "mean.x": [1] * n}}
    worker = Worker()
    worker.deliver(envelope("continuous_query.result_table.changed", [data]))
    (row,) = worker.rows
    assert len(row.entities) == ENTITIES_MAX
    assert row.counted == (Tally("NEW", 30),)


def test_no_value_and_no_strange_name_is_in_a_row() -> None:
    """With a marker in every value and in names that nobody documents, the record has none of them."""
    body = weighed(70, note=MARK, source={"provider": f"{MARK} X", "type": f"{MARK}!", "device_id": MARK})
    changed = weighed(71, "2026-06-03T11:00:00+00:00", note=f"{MARK}2", **{f"{MARK} name": 1})
    dead = {**weighed(70), "data": MARK}
    draft = new_draft()
    rows = lineage([json.dumps(one).encode() for one in (body, changed, dead)], draft)
    assert rows[0].provider == ODD
    assert rows[0].source_type == ODD
    (value,) = (emit.value or b"" for emit in draft.emits if emit.topic.endswith(topics.LINEAGE))
    assert MARK.encode() not in value


def test_an_id_that_is_made_of_free_words_is_odd() -> None:
    """A connection is told by its provider, and a summary without an id by its source: neither may hold an address."""
    worker = Worker()
    worker.deliver(envelope("provider.connection.created", {"provider": {"slug": "jane.doe@example.com"}}))
    nameless = weighed(70, source={"provider": "+49 170 1234567", "type": "scale"})
    del nameless["data"]["id"]
    worker.deliver(nameless)
    assert [one.id for row in worker.rows for one in row.entities] == [ODD, ODD]


@pytest.mark.parametrize("n", [1, 2_000, 2_001, 4_500])
def test_a_record_holds_so_many_rows_at_most(n: int) -> None:
    """Rows of a large transaction are cut into records, and none is lost or twice."""
    draft = new_draft()
    fold, record = assembly.folds(CODEC, PREFIX)["raw.timeseries"], raw(json.dumps(heartrate(60)).encode())
    draft.run_all(fold, [RawRecord(*record[:2], offset, *record[3:]) for offset in range(n)], _never)
    rows = [rows_of(one.record(0, "w", "1"), 3) for one in columns_of(draft.measurements, PREFIX)]
    assert [len(one) for one in rows] == [min(2_000, n - first) for first in range(0, n, 2_000)]
    assert [row.offset for part in rows for row in part] == list(range(n))


@pytest.mark.parametrize("prefix", ["acme.raw.junction", "x.raw", "junction"])
def test_a_prefix_that_holds_raw(prefix: str) -> None:
    """A dead letter names its raw topic without the prefix, whatever that holds; of another topic it is in no row."""
    draft = new_draft()
    for topic in ("raw.summaries", "fetch_progress"):
        record = raw(json.dumps(weighed(70)).encode())
        draft.note(Dead(RawRecord(f"{prefix}.{topic}", *record[1:]), Rejected(Reason.BAD_SHAPE, "$.data")))
    (row,) = rows_of(next(iter(columns_of(draft.measurements, prefix))).record(0, "w", "1"), 3)
    assert row.raw_topic == "raw.summaries"


def _never(record: Any, error: BaseException) -> None:
    raise error
