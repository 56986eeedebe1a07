"""Planted markers: whatever a body says about a person shows up in clean data only, never in what operators read."""

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.agents import assembly
from streams.events import topics
from streams.events.identity import identify
from streams.events.message_ids import new_message_id
from streams.events.signature import Verified
from streams.kafka.codec import Codec
from streams.ops.errors import Rejected
from streams.ops.settings import Settings
from streams.tables.draft import Draft
from tests.webhook_records import record_of

SNAKE = "planted_diagnosis"  # looks like a word of an enum, and like the name of a field
MARKERS = ("Planted.Person@example.org", "whsec_cGxhbnRlZC1zZWNyZXQtMTIzNDU2", "planted-diagnosis", "98765.4321", SNAKE)
PREFIX = "junction"
CODEC = Codec({name: number for number, name in enumerate(topics.avro_topics(), start=1)})
FOLDS = assembly.folds(CODEC, PREFIX)
USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
SOURCE = {"provider": "garmin", "type": "watch", "app_id": "a", "device_id": "d", "sport": None, "workout_id": None}
WHEN = "2026-06-03T06:15:00+00:00"

# One body of each family, with a value in every kind of place.
DATA: dict[str, Any] = {
    "daily.data.sleep.created": {
        "id": "s1", "user_id": USER, "date": WHEN, "calendar_date": "2026-06-03", "bedtime_start": WHEN,
        "bedtime_stop": WHEN, "type": "long_sleep", "duration": 1, "total": 1, "awake": 1, "light": 1, "rem": 1,
        "deep": 1, "state": "confirmed", "source": SOURCE, "created_at": WHEN, "updated_at": WHEN, "new_field": "x",
    },
    "daily.data.meal.created": {
        "id": "m1", "user_id": USER, "timestamp": WHEN, "calendar_date": "2026-06-03", "name": "soup", "source": SOURCE,
        "data": {"soup": {"energy": {"unit": "kcal", "value": 100}}}, "created_at": WHEN, "updated_at": WHEN,
    },
    "daily.data.heartrate.created": {
        "source": SOURCE, "data": [{"timestamp": WHEN, "value": 60.0, "unit": "bpm", "type": None}] * 2,
    },
    "daily.data.note.created": {"source": SOURCE, "data": [{"start": WHEN, "end": WHEN, "value": "felt well"}]},
    "historical.data.sleep.created": {"user_id": USER, "start_date": WHEN, "end_date": WHEN, "provider": "garmin"},
    "provider.connection.created": {
        "user_id": USER, "provider": {"name": "Garmin", "slug": "garmin", "logo": "u"}, "source": {"name": "x"},
        "resource_availability": {"sleep": {"status": "available", "scope_requirements": None}},
    },
    "provider.connection.error": {
        "user_id": USER, "provider": "garmin", "error_type": "token_refresh_failed", "error_message": "denied",
        "external_user_id": "e1", "email": "p@x.org",
    },
    "provider.device.created": {"id": "d1", "user_id": USER, "provider": "garmin", "source": SOURCE, "name": "w"},
    "labtest.order.updated": {"id": "o1", "user_id": USER, "patient_details": {"email": "p@x.org", "dob": WHEN}},
    "continuous_query.result_table.changed": [{"query_id": "q", "query_slug": "s", "data": {"group_key.0": ["x"]}}],
    "checkout.session.created": {"id": "c1", "email": "p@x.org"},
    "never.heard.of": {"email": "p@x.org"},
}  # fmt: skip

Path = tuple[str | int, ...]


def places(value: Any, here: Path = ()) -> Iterator[Path]:
    """The path of every value, branches included: a marker may stand where an object should."""
    yield here
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*here, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*here, index))


def planted(value: Any, path: Path, marker: Any) -> Any:
    """A copy with the marker in that place, or as a new field beside an object's own."""
    if not path:
        return {**value, marker: marker} if isinstance(value, dict) and isinstance(marker, str) else marker
    changed = copy.copy(value)
    changed[path[0]] = planted(value[path[0]], path[1:], marker)
    return changed


class Stored(NamedTuple):
    """A record as the worker's consumer would hand it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


# Ids and names that lead somewhere (a key, a table), and Junction's own words for an error: meant to be passed on.
LEADS = {"user_id", "provider", "slug", "type", "error_type"}


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, Any]:
    """(event type, data with one or two markers planted)."""
    event_type = draw(st.sampled_from(sorted(DATA)))
    data = DATA[event_type]
    for _ in range(draw(st.integers(1, 2))):
        choices = [path for path in places(data) if not LEADS.intersection(map(str, path))]
        marker = draw(st.sampled_from([*MARKERS, float(MARKERS[3])]))
        data = planted(data, draw(st.sampled_from(choices)), marker)
    return event_type, data


def told(text: str) -> bool:
    """Whether a marker, or a telling part of one, is in the text."""
    return any(part in text for part in (*MARKERS, "Planted", "planted", "98765"))


def processed(event_type: str, data: Any) -> tuple[Stored, Draft, Rejected | None]:
    """What the door stores of it, what the worker's fold wants, or why it refused."""
    body = json.dumps({"event_type": event_type, "user_id": USER, "team_id": "team", "data": data}).encode()
    verified = Verified(new_message_id(1_780_000_000_000, bytes(15)), 1_780_000_000, 0, ())
    made = record_of(body, verified, "main", "", now_s=1.78e9, settings=Settings())
    record = Stored(made.topic, 0, 0, 1_780_000_000_000, made.key, body, made.headers)
    draft = Draft(lambda table, key: None)
    try:
        draft.run(FOLDS[topics.raw_topic(identify(body).type)], record)
    except Rejected as error:
        return record, draft, error
    return record, draft, None


def test_markers_do_reach_clean_data() -> None:
    """The other tests would prove nothing if a planted marker got lost on its way: a lab order keeps it."""
    data = planted(DATA["labtest.order.updated"], ("patient_details", "email"), MARKERS[0])
    _, draft, error = processed("labtest.order.updated", data)
    assert error is None
    assert told(repr(draft.emits))


@pytest.mark.parametrize("path", [("type",), ("state",), ("source", "provider"), ("source", "type"), ("source",), ()])
def test_a_word_of_one_person_is_no_drift(path: Path) -> None:
    """A word looks like one of an enum, a name like that of a field: the report names their place alone."""
    data = planted(DATA["daily.data.sleep.created"], path, SNAKE)
    _, draft, _ = processed("daily.data.sleep.created", data)
    said = [emit for emit in draft.emits if emit.topic.endswith(".drift")]
    assert said
    assert not told(repr(said) + repr(draft.tables["drift"]))


@given(marked())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # because each example reads capfd out
def test_nothing_of_a_person_reaches_the_operators(capfd: pytest.CaptureFixture[str], event: tuple[str, Any]) -> None:
    """Metric labels, errors, dead-letter headers, keys, connection state and logs are free of payload values."""
    record, draft, error = processed(*event)
    seen = [repr(record.headers), repr(record.key), str(error), repr(error), str(draft.counts)]
    seen += [repr(emit) for emit in draft.emits if emit.topic.endswith((".connections", ".backfills", ".drift"))]
    seen += [repr(draft.tables.get(table)) for table in ("connections", "backfills", "drift")]
    printed = capfd.readouterr()
    assert [text for text in (*seen, printed.out, printed.err) if told(text)] == []
