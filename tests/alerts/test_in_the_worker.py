"""Rules behind the product's own folds: stored bytes in, alerts out, in the same draft."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.alerts.lives.threshold import Threshold, encode
from streams.alerts.lives.timers import GRACE_MS
from streams.alerts.rules import fields
from streams.events import resources, topics
from streams.ops.errors import Rejected
from tests.alerts.stage import LOW
from tests.folding import NOW_MS, PREFIX, Clean, RawRecord, Worker
from tests.strategies import USER, envelope, labs, other_series, seed_form, series, summaries

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=NOW_MS)
SILENT = {"name": "silent", "kind": "silence", "resource": "glucose", "longer_than": "3h"}
BROKEN = {"name": "broken", "kind": "event", "resource": "connections", "where": {"status": ["error"]}}


def glucose(*points: tuple[int, float]) -> dict[str, Any]:
    """(minutes before now, value)."""
    rows = [
        {"timestamp": (NOW - timedelta(minutes=before)).isoformat(), "value": value, "unit": "mmol/L"}
        for before, value in points
    ]
    source = {"provider": "dexcom_v3", "type": "unknown"}
    return envelope("daily.data.glucose.updated", {"source": source, "data": rows})


def alerts(clean: list[Clean]) -> list[dict[str, Any]]:
    return [record for topic, _, record in clean if topic == topics.ALERTS]


def test_an_alert_leaves_with_its_data() -> None:
    """The clean record and the alert are emitted by one draft; evidence leads to the stored original."""
    worker = Worker(rules=[LOW])
    clean = worker.deliver(glucose((5, 3.6), (1, 3.5)), offset=41)
    (alert,) = alerts(clean)
    assert [topic for topic, _, _ in clean] == ["connections", "glucose", "alerts"]
    assert clean[-1].key == f"{USER}:glucose-low"
    places = {(proof["raw_topic"], proof["raw_offset"]) for proof in alert["evidence"]}
    assert places == {(f"{PREFIX}.raw.timeseries", 41)}
    assert len(alert["evidence"]) == 2
    assert worker.counts["alert_records", "glucose-low", "opened"] == 1


def test_re_deliveries_and_old_versions_say_nothing() -> None:
    """SAME and STALE do not come to the rules; CHANGED does."""
    worker = Worker(rules=[LOW])
    assert alerts(worker.deliver(glucose((5, 3.6), (1, 3.5)), at_ms=NOW_MS, id="msg_1"))
    assert alerts(worker.deliver(glucose((5, 3.6), (1, 3.5)), at_ms=NOW_MS, id="msg_1")) == []
    assert alerts(worker.deliver(glucose((5, 9.0), (1, 9.0)), at_ms=NOW_MS - 1, id="msg_0")) == []
    (taken_back,) = alerts(worker.deliver(glucose((5, 9.0), (1, 9.0)), at_ms=NOW_MS + 1, id="msg_2"))
    assert (taken_back["life"], taken_back["resolution"]) == ("resolved", "corrected")


def test_a_correction_takes_nothing_back_that_still_stands() -> None:
    """Heart rate by the second: the highest of a minute was wrong, the next one is above the bound, too."""
    high = {"name": "high", "kind": "threshold", "resource": "heartrate", "above": "140 bpm"}
    began_ms = (NOW_MS // 60_000 - 3) * 60_000

    def beats(*points: tuple[int, float]) -> dict[str, Any]:
        times = [datetime.fromtimestamp(began_ms / 1000 + second, UTC).isoformat() for second, _ in points]
        rows = [{"timestamp": at, "value": value, "unit": "bpm"} for at, (_, value) in zip(times, points, strict=True)]
        return envelope(
            "daily.data.heartrate.created", {"source": {"provider": "garmin", "type": "watch"}, "data": rows}
        )

    first = beats((10, 70.0), (20, 190.0), (30, 170.0), (40, 71.0)), NOW_MS
    correction = beats((20, 72.0)), NOW_MS + 1000
    for order in ((first, correction), (correction, first)):
        worker = Worker(rules=[high])
        told = [alert for event, at_ms in order for alert in alerts(worker.deliver(event, at_ms=at_ms, id=f"m{at_ms}"))]
        stands = {alert["id"]: alert for alert in told if alert["resolution"] != "corrected"}
        taken_back = {alert["id"] for alert in told if alert["resolution"] == "corrected"}
        (alert,) = (stands[id] for id in stands.keys() - taken_back)
        assert alert["first_at"].timestamp() == began_ms / 1000 + 30


PAGE = {"ce_origin": "historical", "ce_backfillid": "bf"}
LONG_AGO = ((245, 3.0), (240, 3.0), (235, 9.0))


def test_old_history_is_silent() -> None:
    """Fetched samples that are older than the rule looks back never alert, whatever is in them."""
    worker = Worker(rules=[LOW])
    assert alerts(worker.deliver(glucose(*LONG_AGO), headers=PAGE)) == []


@pytest.mark.parametrize("order", [("page", "webhook"), ("webhook", "page"), ("page", "webhook", "page", "webhook")])
@pytest.mark.parametrize("page_later_ms", [-60_000, 0, 60_000])
def test_a_sample_that_comes_both_ways_alerts_once(order: tuple[str, ...], page_later_ms: int) -> None:
    """A page may hold what a webhook is about to bring, which then is no news: whichever is first raises the alert."""
    worker, told = Worker(rules=[LOW]), list[dict[str, Any]]()
    for n, way in enumerate(order):
        if way == "page":
            page = glucose(*LONG_AGO, (5, 3.6), (1, 3.5))
            told += alerts(worker.deliver(page, at_ms=NOW_MS + page_later_ms, id=f"f{n}", headers=PAGE))
        else:
            told += alerts(worker.deliver(glucose((5, 3.6), (1, 3.5)), at_ms=NOW_MS, id="m"))
    (alert,) = told
    assert [NOW - proof["time"] for proof in alert["evidence"]] == [timedelta(minutes=5), timedelta(minutes=1)]


def test_a_fetcher_s_clock_makes_no_sample_old() -> None:
    """A page is as old as Junction says that its answer is."""
    worker = Worker(rules=[LOW])
    ahead = (NOW + timedelta(days=2)).isoformat(timespec="milliseconds")
    assert alerts(worker.deliver(glucose((5, 3.6), (1, 3.5)), headers=PAGE | {"ce_receivedtime": ahead}))


Said = dict[int, float]  # minutes before now → value
said = st.dictionaries(
    st.integers(1, 11).map(lambda n: 5 * n), st.sampled_from([3.5, 4.1, 5.0]), min_size=1, max_size=6
)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 20), said), min_size=1, max_size=5, unique_by=lambda one: one[0]),
    st.lists(st.integers(0, 20), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_pages_among_deliveries_change_no_alert(
    webhooks: list[tuple[int, Said]], asked: list[int], chance: Any
) -> None:
    """Pages of what Junction had said by the minute they were asked for, before or behind the webhooks, or instead."""
    delivered = [(at_min, dict(one), {}) for at_min, one in sorted(webhooks)]
    pages = []
    for at_min in asked:
        known = {when: value for minute, one in sorted(webhooks) if minute <= at_min for when, value in one.items()}
        pages.append((at_min, dict(LONG_AGO) | known, PAGE))
    # What the last page holds need not come any other way.
    missed = [one for one in delivered if one[0] > max(asked) or chance.random() < 0.5]
    mixed = [*missed, *pages, *missed[::2], *pages[::2]]
    chance.shuffle(mixed)
    assert standing(mixed) == standing(delivered)


def standing(deliveries: list[tuple[int, Said, dict[str, str]]]) -> list[tuple[Any, ...]]:
    """Times of the alerts that are not taken back, and of their evidence."""
    worker, last = Worker(rules=[LOW]), dict[str, dict[str, Any]]()
    for n, (at_min, values, headers) in enumerate(deliveries):
        event, at_ms = glucose(*sorted(values.items(), reverse=True)), NOW_MS + at_min * 60_000
        for alert in alerts(worker.deliver(event, at_ms=at_ms, id=f"m{n}", offset=n, headers=headers)):
            last[alert["id"]] = alert
    return sorted(
        (one["first_at"], one["opened_at"], str(one["resolved_at"]), [proof["time"] for proof in one["evidence"]])
        for one in last.values()
        if one["resolution"] != "corrected"
    )


def test_without_rules_nothing_is_kept() -> None:
    """No rules, no rows."""
    worker = Worker()
    worker.deliver(glucose((5, 3.0), (1, 3.0)))
    worker.punctuate()
    assert worker.tables["alerts"] == {}


def test_a_broken_connection_and_a_silence() -> None:
    """Control events and time are judged, too."""
    worker = Worker(rules=[BROKEN, SILENT])
    (broken,) = alerts(worker.deliver(envelope("provider.connection.error", {"provider": "oura", "error_type": "x"})))
    assert (broken["subject"], broken["resource"]) == ("oura/", "connections")
    worker.deliver(glucose((5, 5.0)))
    assert alerts(worker.punctuate(NOW_MS + 3 * 3600_000)) == []
    assert alerts(worker.punctuate(NOW_MS + 3 * 3600_000 + GRACE_MS)) == []
    (silent,) = alerts(worker.punctuate(NOW_MS + 3 * 3600_000 + GRACE_MS + 2_000))
    assert (silent["rule"], silent["life"]) == ("silent", "opened")
    assert alerts(worker.punctuate(NOW_MS + 9 * 3600_000)) == []


def test_data_that_were_fetched_before_they_were_delivered_are_no_silence() -> None:
    """Behind an outage a fetch may be quicker than the delivery, which is then no news; but the user was there."""
    worker, hour_ms = Worker(rules=[SILENT]), 3600_000
    times = [NOW_MS - hours * hour_ms for hours in (6, 4, 2, 0)]
    events = [glucose((hours * 60 + 1, 5.0)) for hours in (6, 4, 2, 0)]
    worker.deliver(events[0], at_ms=times[0], id="m0")
    for n in (1, 2):
        worker.deliver(events[n], at_ms=NOW_MS - 1, id=f"f{n}", headers={"ce_origin": "historical"})
    for n in (1, 2, 3):
        said = worker.deliver(events[n], at_ms=times[n], id=f"m{n}")
        assert alerts(said) == []
    assert worker.counts["verdicts", "timeseries", "glucose", "SAME"] == 2
    assert alerts(worker.punctuate(NOW_MS + 3 * hour_ms - 60_000)) == []


def test_saying_the_same_again_is_no_sign_of_life() -> None:
    """A provider that repeats what it said hours ago has nothing new of its user."""
    worker, hour_ms = Worker(rules=[SILENT]), 3600_000
    for n in range(4):
        said = worker.deliver(glucose((6 * 60 + 1, 5.0)), at_ms=NOW_MS + (n - 6) * hour_ms, id=f"m{n}")
        assert alerts(said) == []
    (silent,) = alerts(worker.punctuate(NOW_MS))
    assert (silent["rule"], silent["life"]) == ("silent", "opened")


def own(worker: Worker, key: str, value: bytes | None) -> list[Clean]:
    return worker.run(RawRecord(f"{PREFIX}.{topics.ALERT_THRESHOLDS}", 3, 1, NOW_MS, key.encode(), value, []))


def test_own_bounds_come_by_topic() -> None:
    """A record of alert_thresholds counts for its user and rule; a tombstone takes it back."""
    worker = Worker(rules=[LOW])
    mine = Threshold(USER, "glucose-low", bound=3.0)
    own(worker, mine.key.decode(), encode(mine))
    assert alerts(worker.deliver(glucose((9, 3.6), (8, 3.5)), id="msg_1")) == []
    own(worker, mine.key.decode(), None)
    assert alerts(worker.deliver(glucose((5, 3.6), (4, 3.5)), id="msg_2"))
    assert b'"bound":3.0' in encode(mine)


@pytest.mark.parametrize(
    ("key", "value"),
    [("", b"{}"), ("nobody", b"{}"), ("u:r", b"[]"), ("u:r", b"{"), ("u:r", b'{"user_id":"u","rule":"other"}'),
     ("u:r", b'{"user_id":"u","rule":"r","bound":"low"}'), ("u:", b'{"user_id":"u","time_zone":"Mars/Olympus"}')],
)  # fmt: skip
def test_a_bad_threshold_is_a_dead_letter(key: str, value: bytes) -> None:
    """Whatever is no threshold is rejected, and changes nothing."""
    worker = Worker(rules=[LOW])
    with pytest.raises(Rejected):
        own(worker, key, value)
    assert worker.tables["alerts"] == {}


def everything() -> list[dict[str, Any]]:
    """A rule of each kind for everything that can be watched."""
    rules: list[dict[str, Any]] = [BROKEN]
    for topic in sorted(fields.EVENT_TOPICS):
        name = topic.replace("_", "-")
        if topic not in ("connections", "backfills", "labs"):
            rules.append({"name": f"s-{name}", "kind": "silence", "resource": topic, "learned": True})
        event = {"name": f"e-{name}", "kind": "event", "resource": topic, "where": {"user_id": USER}}
        rules.append(event | {"max_age": "9999d", "cooldown": "5m"})
        for field, unit in fields.numbers(topic).items():
            common = {"resource": topic, "field": field, "max_age": "9999d", "quiet": "22:00-07:00"}
            common |= {"type": "automatic"} if "type" in getattr(resources.get(topic), "key_extra", ()) else {}
            amount = f"10 {unit}".strip() if unit else 10
            short = f"{name}-{field.replace('_', '-')}"[:50]
            rules += [
                {"name": f"t-{short}", "kind": "threshold", "above": amount, "lasting": "1m", **common},
                {"name": f"r-{short}", "kind": "rate", "falls": amount, "change_within": "30m", **common},
                {"name": f"d-{short}", "kind": "deviation", "above_sd": 2, "days_min": 2, "days": 5, **common},
            ]
    return rules


EVERYTHING = everything()


@settings(max_examples=60)
@given(series() | other_series() | summaries() | labs() | series().map(seed_form))
def test_whatever_the_agents_say_can_be_judged(event: Any) -> None:
    """Rules of every kind on everything: no body that the agents accept makes one raise, and no key holds a value."""
    worker = Worker(rules=EVERYTHING)
    for n in range(2):
        try:
            worker.deliver(event, id=f"msg_{n}")
        except Rejected:
            return
    worker.punctuate(NOW_MS + 30 * 86_400_000)
    assert json.dumps(event)
