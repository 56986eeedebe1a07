"""JSON records between our own processes, of two versions side by side: what each says, and what is unknown."""

from typing import Any

import pytest

from streams.alerts.lives.threshold import Threshold, decode, encode
from streams.ops.errors import Rejected
from streams.tables.history import outage, progress, request
from streams.tables.history.job import JobStatus
from streams.tables.history.outage import Outage
from streams.tables.history.progress import JobProgress
from streams.tables.history.request import Priority, Request, Why

REQUEST = b'{"id":"bf_1","user_id":"u-1","provider":"oura","resource":"sleep","start_us":1,"end_us":9,"why":"outage",'
REQUEST += b'"priority":2,"client_user_id":"c","team_id":"t","workout_id":"w","not_before_ms":5}'
PROGRESS = b'{"type":"progress","id":"bf_1","user_id":"u-1","provider":"oura","resource":"sleep","seq":3,"status":'
PROGRESS += b'"fetching","why":"notice","share":0.5,"pages":2,"rows":120,"due_ms":7,"began_ms":5,"at_ms":6}'
OUTAGE = b'{"type":"outage","start_ms":1,"end_ms":2}'
OWN = b'{"user_id":"u-1","rule":"low","bound":3.5,"clear":3.9,"is_off":true}'


def threshold(value: bytes) -> Threshold:
    return decode(b"u-1:low", value)[0]


GOLDEN: list[tuple[bytes, Any, Any, Any]] = [
    (REQUEST, Request("bf_1", "u-1", "oura", "sleep", 1, 9, Why.OUTAGE, Priority.LATE, "c", "t", "w", 5),
     request.decode, request.encode),
    (PROGRESS, JobProgress("bf_1", "u-1", "oura", "sleep", 3, JobStatus.FETCHING, "notice", share=0.5, pages=2,
                        rows=120, due_ms=7, began_ms=5, at_ms=6), progress.decode, progress.encode),
    (OUTAGE, Outage(1, 2), progress.decode, outage.encode),
    (OWN, Threshold("u-1", "low", 3.5, 3.9, True), threshold, encode),
]  # fmt: skip
IDS = ["fetch_jobs", "fetch_progress", "fetch_progress of the gateway", "alert_thresholds"]


@pytest.mark.parametrize(("written", "means", "read", "write"), GOLDEN, ids=IDS)
def test_golden_records(written: bytes, means: Any, read: Any, write: Any) -> None:
    """What stands in the topics of others means what it meant, and is what we write."""
    assert read(written) == means
    assert write(means) == written


@pytest.mark.parametrize(("written", "means", "read", "write"), GOLDEN[:3], ids=IDS[:3])
def test_a_field_more_between_fetchers_and_workers(written: bytes, means: Any, read: Any, write: Any) -> None:
    """A field of a later version is passed over: it may only say what does no harm when it is ignored."""
    assert read(written[:-1] + b',"later":1}') == means


def test_a_field_more_in_a_threshold() -> None:
    """A bound that is misspelt, or that a later version understands, is refused: else it would silently be none."""
    for value in (OWN[:-1] + b',"later":1}', b'{"user_id":"u-1","rule":"low","bonud":3.5}'):
        with pytest.raises(Rejected):
            threshold(value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (REQUEST.replace(b"outage", b"later"), request.decode),
        (REQUEST.replace(b'"priority":2', b'"priority":9'), request.decode),
        (PROGRESS.replace(b"fetching", b"later"), progress.decode),
        (OUTAGE.replace(b"outage", b"later"), progress.decode),
    ],
)
def test_a_word_that_only_a_later_version_knows(written: bytes, read: Any) -> None:
    """It is never guessed: the record becomes a dead letter, which is counted and kept."""
    with pytest.raises(Rejected):
        read(written)
