"""Summaries folded again: this build says of each delivery what the worker said, and what differs."""

import json
from dataclasses import replace
from typing import Any

import pytest

from streams.events.doors import DoorName
from streams.lineage.data.originals import read_all
from streams.lineage.data.touching import in_order
from streams.lineage.data.versions import FieldDiff, VersionFold, VersionTold
from streams.lineage.delivery.facts import OriginalGone, RawPlace
from streams.lineage.row import EntityLine, LineageRow
from streams.simulator.delivery.schedule import Faults, schedule
from tests.lineage.product import Product
from tests.simulator.worlds import world as made_world
from tests.strategies import USER, envelope

START_MS = 1_780_500_000_000


def weighed(weight: float, fat: float, hour: int) -> dict[str, Any]:
    """Of one measurement a version of that hour."""
    updated_at = f"2026-06-03T{hour:02}:00:00+00:00"
    source = {"provider": "withings", "type": "scale"}
    fields = {"id": "b1", "weight": weight, "fat": fat, "updated_at": updated_at, "source": source}
    return envelope("daily.data.body.updated", {**fields, "date": "2026-06-03T00:00:00+00:00"})


def told(product: Product, user_id: str, resource: str) -> list[VersionTold]:
    rows = in_order(product.of(user_id, resource))
    return list(VersionFold().all(rows, read_all(rows, product.originals)))


def keys(product: Product) -> set[tuple[str, str]]:
    return {(row.owner_id, row.resource) for row in product.rows}


@pytest.mark.parametrize(("users", "has_odd_bodies"), [(8, False), (0, True)])
def test_a_world_is_judged_as_the_worker_did(users: int, has_odd_bodies: bool) -> None:
    """Duplicates, late copies, overtaking, odd bodies: of each summary the same verdict and changed names."""
    product = Product()
    faults = Faults(3, duplicates=0.3, late=0.2, lost_ack=0.1, reorder_window_s=20_000)
    product.attempts(schedule(made_world(users=users, has_odd_bodies=has_odd_bodies).events(), faults))
    found = [one for user_id, resource in keys(product) for one in told(product, user_id, resource)]
    assert [one for one in found if one.judged is None or one.line is None] == []
    assert [one for one in found if one.is_otherwise] == []
    assert {one.judged.verdict for one in found if one.judged} >= {"NEW", "SAME", "STALE"}


def test_what_differs_is_what_the_worker_named() -> None:
    """Against the newest version until then, also where that was not the delivery before; a STALE one, too."""
    product = Product()
    for number, (weight, fat, hour) in enumerate([(70, 20, 1), (71, 20, 2), (69, 20, 0), (71, 21, 3)]):
        product.deliver(weighed(weight, fat, hour), f"msg_{number}", START_MS + number)
    first, second, stale, last = told(product, USER, "body")
    assert (first.against, first.diffs) == (None, ())
    assert second.diffs == (FieldDiff("weight_kg", 70.0, 71.0),)
    assert (stale.judged and stale.judged.verdict, stale.against and stale.against.delivery_id) == ("STALE", "msg_1")
    assert stale.diffs == (FieldDiff("weight_kg", 71.0, 69.0),)
    assert (last.against and last.against.delivery_id, last.diffs) == ("msg_1", (FieldDiff("fat_percent", 20.0, 21.0),))
    assert [one.is_otherwise for one in (first, second, stale, last)] == [False] * 4


def test_a_row_that_says_otherwise_is_noticed() -> None:
    """A verdict or a changed name that this build would not give."""
    product = Product()
    product.deliver(weighed(70, 20, 1), "msg_0", START_MS)
    product.deliver(weighed(71, 20, 2), "msg_1", START_MS + 1)
    first, second = product.rows
    for line in (EntityLine("b1", "SAME"), EntityLine("b1", "CHANGED", ("fat_percent",), 1)):
        rows = [first, replace(second, entities=(line,))]
        assert [one.is_otherwise for one in folded(rows, product)] == [False, True]


def test_what_is_not_known_is_not_judged() -> None:
    """Before a delivery that replaced what was there, and behind an original that has gone, nobody knows the state."""
    product = Product()
    for number, hour in enumerate([1, 2, 2, 3, 3, 4]):
        product.deliver(weighed(70 + hour, 20, hour), f"msg_{number}", START_MS + number)
    _, *rows = product.rows  # CHANGED, SAME, CHANGED, SAME, CHANGED
    assert [one.judged and one.judged.verdict for one in folded(rows, product)] == [
        None, "SAME", "CHANGED", "SAME", "CHANGED",
    ]  # fmt: skip
    del product.originals[RawPlace(*rows[2].place)]
    assert [one.judged and one.judged.verdict for one in folded(rows, product)] == [None, "SAME", None, None]


def test_only_what_won_is_a_newest_version() -> None:
    """Of a delivery that was STALE nobody knows against what; one that was SAME said what the newest version says."""
    product = Product()
    for number, (weight, hour) in enumerate([(70, 3), (60, 1), (70, 3), (71, 4)]):
        product.deliver(weighed(weight, 20, hour), f"msg_{number}", START_MS + number)
    new, stale, same, changed = product.rows
    assert [line.verdict for row in product.rows for line in row.entities] == ["NEW", "STALE", "SAME", "CHANGED"]
    assert against([stale, changed], product) == ["", ""]
    assert against([stale, same, changed], product) == ["", "", "msg_2"]
    assert against([new, stale, same, changed], product) == ["", "msg_0", "msg_0", "msg_0"]


def test_behind_an_original_that_has_gone_no_version_is_the_newest() -> None:
    """It may have replaced what was there; one that was STALE or SAME did not."""
    product = Product()
    for number, (weight, hour) in enumerate([(70, 1), (71, 2), (60, 0), (71, 2), (71, 3), (72, 4)]):
        product.deliver(weighed(weight, 20, hour), f"msg_{number}", START_MS + number)
    verdicts = [line.verdict for row in product.rows for line in row.entities]
    assert verdicts == ["NEW", "CHANGED", "STALE", "SAME", "SAME", "CHANGED"]
    for gone in product.rows[2:5]:
        del product.originals[RawPlace(*gone.place)]
    assert against(product.rows, product) == ["", "msg_0", "msg_1"]
    del product.originals[RawPlace(*product.rows[1].place)]
    assert against(product.rows, product) == ["", ""]


def test_a_summary_whose_id_no_row_may_hold() -> None:
    """Its id is like a sentence: it is judged like others."""
    product = Product()
    for number, hour in enumerate([1, 2]):
        event = weighed(70 + hour, 20, hour)
        event["data"]["id"] = "weight 82.5 kg"
        product.deliver(event, f"msg_{number}", START_MS + number)
    found = told(product, USER, "body")
    assert [one.line and (one.line.id, one.line.verdict) for one in found] == [("(odd)", "NEW"), ("(odd)", "CHANGED")]
    assert [one.judged and one.judged.verdict for one in found] == ["NEW", "CHANGED"]
    del product.originals[RawPlace(*product.rows[0].place)]
    assert told(product, USER, "body")[0].judged is None


def against(rows: list[LineageRow], product: Product) -> list[str]:
    return [one.against.delivery_id if one.against else "" for one in folded(rows, product)]


def folded(rows: list[LineageRow], product: Product) -> list[VersionTold]:
    return list(VersionFold().all(rows, read_all(rows, product.originals)))


def test_another_record_at_its_place_is_none() -> None:
    """A topic that was made anew has other records at the same offsets: they are never shown."""
    product = Product()
    product.deliver(weighed(70, 20, 1), "msg_0", START_MS)
    (place,) = product.originals
    other = Product().stored(json.dumps(weighed(99, 20, 1)).encode(), "msg_other", START_MS, START_MS)
    found = read_all(product.rows, {place: other})
    assert [*found.values()] == [OriginalGone("the topic was made anew, another record has its place")]


def test_a_pipelines_repetition_counts_once() -> None:
    """Published again under its sender's name, at a later time: it is known, whatever is in it."""
    product = Product()
    product.deliver(weighed(70, 20, 2), "daily.data.body.updated/1", START_MS, DoorName.PUBSUB)
    product.deliver(weighed(71, 20, 3), "daily.data.body.updated/2", START_MS + 1, DoorName.PUBSUB)
    product.deliver(weighed(70, 20, 2), "daily.data.body.updated/1", START_MS + 2, DoorName.PUBSUB)
    found = told(product, USER, "body")
    assert [one.row.delivery_id[-1] for one in found] == ["1", "2"]
    assert not any(one.is_otherwise for one in found)
