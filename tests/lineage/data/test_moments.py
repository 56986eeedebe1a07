"""The deliveries of an hour folded again: which said what of a moment, and whether the worker said the same."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.events import HOUR_US
from streams.events.doors import DoorName
from streams.kafka import codec
from streams.lineage.data.moments import Hour, MomentTold, fold_hour
from streams.lineage.data.originals import read_all
from streams.lineage.data.touching import in_order
from streams.lineage.delivery.facts import RawPlace
from streams.lineage.row import LineageRow, Tally
from streams.simulator.delivery.schedule import Faults, schedule
from tests.folding import PREFIX
from tests.lineage.product import Product
from tests.simulator.worlds import world as made_world
from tests.strategies import USER, envelope

TEN = datetime(2026, 6, 3, 10, tzinfo=UTC)
TEN_US = int(TEN.timestamp()) * 1_000_000
START_MS = TEN_US // 1000 + 7_200_000


def told(product: Product, rows: Iterable[LineageRow], at_us: int, *, knows_all: bool = True) -> tuple[MomentTold, ...]:
    rows = in_order(rows)
    return fold_hour(Hour(at_us), rows, read_all(rows, product.originals), knows_all=knows_all)


def heartrate(values: dict[int, float], provider: str = "oura") -> dict[str, Any]:
    """Samples by the minute since ten."""
    samples = [
        {"timestamp": (TEN + timedelta(minutes=minute)).isoformat(), "value": value, "unit": "bpm"}
        for minute, value in values.items()
    ]
    source = {"provider": provider, "type": "ring"}
    return envelope("daily.data.heartrate.created", {"source": source, "data": samples})


def of_samples(product: Product) -> set[tuple[str, str]]:
    return {(row.owner_id, row.resource) for row in product.rows if row.raw_topic == "raw.timeseries"}


@pytest.mark.parametrize(("users", "has_odd_bodies"), [(6, False), (0, True)])
def test_a_world_is_judged_as_the_worker_did(users: int, has_odd_bodies: bool) -> None:
    """Duplicates, late copies, overtaking: in each hour the counts of this build are the rows'."""
    product = Product()
    faults = Faults(3, duplicates=0.3, late=0.2, lost_ack=0.1, reorder_window_s=20_000)
    product.attempts(schedule(made_world(users=users, has_odd_bodies=has_odd_bodies).events(), faults))
    found = [
        one
        for user_id, resource in of_samples(product)
        for rows in [product.of(user_id, resource)]
        for hour in sorted({row.first_us // HOUR_US for row in rows if row.first_us})[:6]
        for one in told(product, rows, hour * HOUR_US)
    ]
    assert found
    assert [one for one in found if one.is_otherwise] == []
    assert [one for one in found if one.is_otherwise is None and not one.why] == []


def test_which_delivery_said_what_of_a_moment() -> None:
    """Each delivery with its verdict and its value; the newest version counts, whoever came last."""
    product = Product()
    product.deliver(heartrate({9: 1, 10: 60, 11: 1}), "msg_0", START_MS)
    product.deliver(heartrate({10: 62}), "msg_2", START_MS + 2000)
    late = product.stored(json.dumps(heartrate({10: 61})).encode(), "msg_1", START_MS + 1000, START_MS + 3000)
    product.take(late)
    product.deliver(heartrate({10: 70}, "garmin"), "msg_3", START_MS + 4000)
    found = told(product, product.of(USER, "heartrate"), TEN_US + 10 * 60_000_000)
    assert [
        (one.row.delivery_id, *((said.verdict, said.value, said.counts) for said in one.said)) for one in found
    ] == [
        ("msg_0", ("NEW", 60.0, False)),
        ("msg_2", ("CHANGED", 62.0, True)),
        ("msg_1", ("STALE", 61.0, False)),
        ("msg_3", ("NEW", 70.0, True)),  # another source has a moment of its own
    ]
    assert [one.is_otherwise for one in found] == [False] * 4


def test_what_counts_was_emitted_last() -> None:
    """The sample that counts is the one of the newest clean record with that time."""
    product = Product()
    for number, value in enumerate([60, 62, 62, 61, 60]):
        product.deliver(heartrate({10: value}), f"msg_{number}", START_MS + number)
    emitted = [
        codec.decode(emit.value or b"", codec.parsed("Samples"))
        for emit in product.emits
        if emit.topic == f"{PREFIX}.heartrate"
    ]
    found = told(product, product.of(USER, "heartrate"), TEN_US + 10 * 60_000_000)
    counts = [(one.row.delivery_id, said.value) for one in found for said in one.said if said.counts]
    assert counts == [(emitted[-1]["delivery"]["id"], emitted[-1]["values"][-1])]


def test_an_interval_covers_a_moment_of_the_next_hour() -> None:
    """What began before the hour and lasts beyond the moment is of it."""
    product = Product()
    data = {"timestamp": "2026-06-03T10:30:00Z", "start": "2026-06-03T10:30:00Z", "end": "2026-06-03T12:10:00Z"}
    steps = {"source": {"provider": "oura", "type": "ring"}, "data": [{**data, "value": 900, "unit": "count"}]}
    product.deliver(envelope("daily.data.steps.created", steps), "msg_0", START_MS)
    (one,) = told(product, product.of(USER, "steps"), TEN_US + HOUR_US + 60_000_000)
    assert [said.time_us - TEN_US for said in one.said] == [HOUR_US // 2]
    (none,) = told(product, product.of(USER, "steps"), TEN_US + 2 * HOUR_US + 15 * 60_000_000)
    assert none.said == ()


def test_a_row_that_says_otherwise_is_noticed() -> None:
    """Counts that this build would not give: of a delivery within the hour all, of a longer one more than it has."""
    product = Product()
    product.deliver(heartrate({10: 60, 11: 60}), "msg_0", START_MS)
    product.deliver(heartrate({11: 61, 70: 60}), "msg_1", START_MS + 1)
    first, second = product.rows
    assert [one.is_otherwise for one in told(product, (first, second), TEN_US)] == [False, False]
    wrong = replace(first, counted=(Tally("NEW", 1), Tally("SAME", 1)))
    assert [one.is_otherwise for one in told(product, (wrong, second), TEN_US)] == [True, False]
    wrong = replace(second, counted=(Tally("NEW", 2),))
    assert [one.is_otherwise for one in told(product, (first, wrong), TEN_US)] == [False, True]
    assert [one.is_otherwise for one in told(product, (first, wrong), TEN_US, knows_all=False)] == [None, None]


def test_behind_an_original_that_has_gone_nothing_is_compared() -> None:
    """What it said is not known, so nor what was known behind it."""
    product = Product()
    for number in range(3):
        product.deliver(heartrate({10: 60 + number}), f"msg_{number}", START_MS + number)
    del product.originals[RawPlace(*product.rows[1].place)]
    found = told(product, product.rows, TEN_US)
    assert [one.is_otherwise for one in found] == [False, None, None]
    assert [bool(one.why) for one in found] == [False, True, False]


def test_a_pipelines_repetition_counts_once() -> None:
    """Published again under its sender's name, at a later time: it is known, whatever is in it."""
    product = Product()
    for number, (name, value) in enumerate([("x/1", 60), ("x/2", 61), ("x/1", 60)]):
        product.deliver(heartrate({10: value}), name, START_MS + number, DoorName.PUBSUB)
    found = told(product, product.of(USER, "heartrate"), TEN_US + 10 * 60_000_000)
    assert [(said.value, said.counts) for one in found for said in one.said] == [(60.0, False), (61.0, True)]
    assert not any(one.is_otherwise for one in found)
