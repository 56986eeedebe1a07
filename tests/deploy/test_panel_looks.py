"""How panels look, as rules on Grafana's JSON; each was something that a person stumbled over."""

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from connectors.history.reconcile.findings import ReconcileVerdict
from connectors.junction.failures import FailureReason
from connectors.receivers.delivery_record import DeliveryStatus
from connectors.webhook import replies
from deploy.grafana import build, colours, fields
from deploy.grafana.boards import BOARDS
from deploy.grafana.panels import BYTES, COUNT, Board, Kind, Line, Panel
from streams.alerts.lives.alert import Life
from streams.tables import connections
from streams.tables.history.backfills import BackfillStatus
from streams.tables.verdicts import Verdict

JSON = [(board, panel) for board in BOARDS for panel in json.loads(build.text(board))["panels"]]
every_panel = pytest.mark.parametrize(
    "panel", [panel for _, panel in JSON], ids=[f"{board.name}: {panel['title']}" for board, panel in JSON]
)


@every_panel
def test_nothing_is_neither_good_nor_bad(panel: dict[str, Any]) -> None:
    """A value that is not there is a grey word: the lowest threshold's colour may be red."""
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["noValue"] == fields.EMPTY
    (null,) = [one for one in defaults["mappings"] if one["type"] == "special"]
    assert null["options"] == {"match": "null+nan", "result": {"text": fields.EMPTY, "color": colours.GREY}}


@every_panel
def test_counts_are_whole(panel: dict[str, Any]) -> None:
    """What is counted has no fraction, and is not rounded to thousands: 5,282, not 5 K."""
    queries = " ".join(target["expr"] for target in panel["targets"])
    defaults = panel["fieldConfig"]["defaults"]
    if re.search(r"increase\(|count\(|_records\b|_partitions\b", re.sub(r"topk\(.*", "", queries)):
        assert defaults["unit"] == COUNT or "percent" in defaults["unit"]
    assert (defaults["unit"] == COUNT) == (defaults.get("decimals") == 0)


@every_panel
def test_units_are_of_one_kind(panel: dict[str, Any]) -> None:
    """Bytes in thousands everywhere; no "counts a second"."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    assert unit not in ("bytes", "cps", "none")
    assert ("bytes" in " ".join(target["expr"] for target in panel["targets"])) == (unit == BYTES)
    assert all(property["id"] != "unit" for _, property in properties(panel))  # two units on one axis


@every_panel
def test_many_lines_are_lines(panel: dict[str, Any]) -> None:
    """Areas that are not stacked would hide each other."""
    custom = panel["fieldConfig"]["defaults"].get("custom", {})
    assert bool(custom.get("fillOpacity")) == (custom.get("stacking", {}).get("mode") == "normal")


@every_panel
def test_an_axis_of_zeros_is_short(panel: dict[str, Any]) -> None:
    """Where everything is 0, an axis would end at 100."""
    defaults = panel["fieldConfig"]["defaults"]
    if panel["type"] == "timeseries":
        assert defaults["min"] == 0
        assert defaults.get("max") or 0 < defaults["custom"]["axisSoftMax"] <= 1000


@every_panel
def test_series_that_are_always_zero_are_left_out(panel: dict[str, Any]) -> None:
    """A dozen of them hide the one that is not; the good one stays, so that a quiet panel says what it is of."""
    if panel["type"] != "timeseries" or all("{{" not in target["legendFormat"] for target in panel["targets"]):
        return
    overrides = [
        (one["matcher"], {each["id"]: each["value"] for each in one["properties"]})
        for one in panel["fieldConfig"]["overrides"]
    ]
    (zero,) = [place for place, (matcher, _) in enumerate(overrides) if matcher["id"] == "byValue"]
    assert overrides[zero][0]["options"]["reducer"] == "allIsZero"
    assert overrides[zero][1]["custom.hideFrom"] == {"legend": True, "tooltip": True, "viz": False}
    kept = [matcher for matcher, looks in overrides[zero + 1 :] if not looks.get("custom.hideFrom", {}).get("legend")]
    good = [matcher for matcher, looks in overrides[:zero] if looks["color"]["fixedColor"] == "green"]
    assert [matcher for matcher in good if matcher not in kept] == []


@every_panel
def test_legends_do_not_repeat_the_prefix(panel: dict[str, Any]) -> None:
    """All topics begin alike: nine full names take half of a panel."""
    for target in panel["targets"]:
        assert ("{{topic}}" in target["legendFormat"]) == target["expr"].startswith("label_replace(")


@every_panel
def test_bars_have_room(panel: dict[str, Any]) -> None:
    """Every bar of the greatest number is on the panel, its name beside it."""
    if panel["type"] == "bargauge":
        rows = max(len(ReconcileVerdict), 8)
        assert panel["options"]["namePlacement"] == "left"
        assert rows * (panel["options"]["minVizHeight"] + 10) <= panel["gridPos"]["h"] * 38 - 70


def properties(panel: dict[str, Any]) -> Iterable[tuple[Any, dict[str, Any]]]:
    """Each property that an override sets, with its matcher."""
    for override in panel["fieldConfig"].get("overrides", []):
        for property in override["properties"]:
            yield override["matcher"], property


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (replies.OUTCOMES, colours.REPLIES),
        (FailureReason, colours.CALLS),
        (FailureReason, colours.PAGES),
        (DeliveryStatus, colours.DELIVERIES),
        (BackfillStatus, colours.HISTORIES),
        (Verdict, colours.VERDICTS),
        (Life, colours.LIVES),
        ((connections.CONNECTED, connections.ERROR, connections.IMPLIED), colours.CONNECTIONS),
    ],
)
def test_every_known_name_has_its_colour(names: Iterable[str], table: dict[str, str]) -> None:
    """Else the alphabet would choose: aborted green, committed yellow."""
    assert set(map(str, names)) <= table.keys()


@pytest.mark.parametrize(
    "table",
    [value for name, value in vars(colours).items() if name.isupper() and isinstance(value, dict)],
    ids=lambda table: next(iter(table)),
)
def test_good_is_green_and_strangers_are_no_alarm(table: dict[str, str]) -> None:
    """What works is green and nothing else is; what fails for good is red; who is refused at the door is grey."""
    good = {
        "accepted",
        "committed",
        "written",
        "NEW",
        "connected",
        "complete",
        "ok",
        "delivered",
        "resolved",
        "none",
        "page ok",
    }
    bad = {"unavailable", "error", "unauthorized", "failed", "given_up", "other", "page", "critical"}
    assert {name for name, colour in table.items() if colour == "green"} <= good
    assert all(name in bad | {"refused"} for name, colour in table.items() if "red" in colour)
    assert colours.REPLIES["refused"] == colours.GREY


@pytest.mark.parametrize("name", ["overview", "alerts"])
def test_a_ticket_is_not_as_red_as_a_page(name: str) -> None:
    """Who is called at night sees at once whether it is one that calls."""
    (panel,) = [panel for board, panel in JSON if board.name == name and panel["title"] == "Operations alerts firing"]
    looks = {matcher["options"]: json.dumps(property["value"]) for matcher, property in properties(panel)}
    ticket, page = (next(look for name, look in looks.items() if word in name) for word in ("ticket", "page"))
    assert "red" in page
    assert "red" not in ticket


def test_a_board_begins_with_what_is_there() -> None:
    """Half an hour: six hours show five minutes as a stripe."""
    assert {board.span for board in BOARDS} == {"30m"}


def test_thresholds_go_the_right_way() -> None:
    """Where less is worse, the least is red; where more is worse, the most; without bounds nothing is green."""

    def steps(warn: float | None, bad: float | None) -> list[tuple[float | None, str]]:
        return [(step.value, step.color) for step in fields.thresholds(warn, bad).build().steps]

    assert steps(10, 60) == [(None, "green"), (10, "yellow"), (60, "red")]
    assert steps(0.8, 0.5) == [(None, "red"), (0.5, "yellow"), (0.8, "green")]
    assert steps(None, 1) == [(None, "green"), (1, "red")]
    assert steps(None, None) == [(None, "text")]


def test_a_row_that_is_not_full_is_an_error() -> None:
    """It would leave a hole in the dashboard."""
    panel = Panel("t", "s", "s", (Line("l", "up"),), Kind.TIMES, width=8)
    with pytest.raises(ValueError, match="24 columns"):
        Board("b", "B", "s", (panel, panel)).rows  # noqa: B018  # because it is a property
