"""Metrics: declared once, with a sentence, and with the page that is made of them."""

import re
from collections.abc import Collection

import pytest
from prometheus_client import Metric

from docs.make import metrics as metrics_page
from streams.ops import metrics
from streams.ops.errors import Reason
from streams.ops.process import Process

DECLARED = list(metrics_page.declared())


def test_the_page_is_current() -> None:
    """docs/metrics.md is what `make docs` writes."""
    assert metrics_page.PAGE.read_text(encoding="utf-8") == metrics_page.page()


def test_sections_begin_with_declarations() -> None:
    """Each heading of the page stands before a metric that exists."""
    assert set(metrics_page.SECTIONS) <= {metric.variable for metric in DECLARED}
    assert DECLARED[0].variable in metrics_page.SECTIONS


def test_metrics_follow_the_conventions() -> None:
    """Our prefix; counters end in total, times in seconds, sizes in bytes; a sentence; no label names a user."""
    for metric in DECLARED:
        assert re.fullmatch(r"junction_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert not re.search(r"_(ms|us|millis|minutes|kb|mb)(_total)?$", metric.name)
        assert metric.meaning.endswith(".")
        assert not re.search(r"user|id\b|name|delivery_id", " ".join(metric.labels))
    assert len({metric.name for metric in DECLARED}) == len(DECLARED) > 40


def families(process: Process) -> dict[str, Metric]:
    return {
        family.name: family for family in metrics.registry(process).collect() if family.name.startswith("junction_")
    }


def declared_by(process: Process) -> Collection[str]:
    return {metric.name.removesuffix("_total") for metric in DECLARED if process in metric.processes}


@pytest.mark.parametrize("process", Process)
def test_a_process_tells_its_own_metrics_only(process: Process) -> None:
    """A gateway has no tables: that their disk had 0 bytes left was a page for every deployment."""
    assert families(process).keys() == declared_by(process)


def test_every_metric_is_of_some_process() -> None:
    """One that nobody serves would be counted for nobody."""
    assert [metric.name for metric in DECLARED if not metric.processes] == []


@pytest.mark.parametrize("process", [Process.GATEWAY, Process.WORKER, Process.FETCHER])
def test_known_labels_are_told_from_the_start(process: Process) -> None:
    """A counter that begins at 1 never increased: each reason of a dead letter is there before the first one."""
    samples = families(process)["junction_dead_letters"].samples
    assert {one.labels["reason"] for one in samples if one.name.endswith("_total")} >= set(Reason)


def test_free_space_that_nobody_has_measured_is_not_zero() -> None:
    """No number until the first look: 0 would be a full disk."""
    (sample,) = families(Process.WORKER)["junction_engine_disk_free_bytes"].samples
    assert sample.value != 0  # NaN, or what an observer in this very process has seen


def test_names_that_others_choose_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever invents an event type with every event makes few series; each event is counted all the same."""
    monkeypatch.setattr(metrics, "_types", metrics.FirstNames(3))
    metrics.UNKNOWN_TYPES.clear()
    for n in range(300):
        metrics.count({("unknown_types", f"made.up.{n}"): 1})
    metrics.count({("unknown_types", "made.up.1"): 1})
    series = {labels: child._value.get() for labels, child in metrics.UNKNOWN_TYPES._metrics.items()}
    assert series == {("made.up.0",): 1, ("made.up.1",): 2, ("made.up.2",): 1, (metrics.MORE,): 297}
    assert metrics.TYPES_MAX <= 200
