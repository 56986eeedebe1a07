"""Metrics: declared once, with a sentence, and with the page that is made of them."""

import re

from streams import metrics_page

DECLARED = list(metrics_page.declared())


def test_the_page_is_current() -> None:
    """docs/metrics.md is what `python -m streams.metrics_page` writes."""
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
