"""The published bodies through the agents: what comes out of each is a table."""

from collections import Counter

from streams.events import topics
from streams.events.identity import identify
from streams.ops.errors import Rejected
from tests import samples
from tests.folding import Worker, raw

# What comes out of each published body: as it is, and with the two user ids made one.

CONFLICT, NO_USER, NO_TYPE = "user_conflict", "no_user", "no_event_type"
AS_IT_IS = {
    "daily.data.activity.created--2023-07-04": ["connections", "activity"],
    "daily.data.calories_active.created--2026-07-22": ["connections", "calories_active"],
    "daily.data.glucose.created--2023-09-19": ["connections", "glucose"],
    "daily.data.glucose.created--2024-03-22": ["connections", "glucose"],
    "daily.data.heartrate.created--2024-02-08": ["connections", "heartrate"],
    "daily.data.sleep.created--2024-03-22": ["connections", "sleep"],
    "daily.data.steps.created--2023-07-04": ["connections", "steps"],
    "daily.data.workout_stream.created--2024-03-22": [NO_USER],
    "daily.data.workout_stream.created--2024-07-02": ["connections", "workout_stream"],
    "daily.data.workout_stream.updated--2024-07-02": ["connections", "workout_stream"],
    "historical.data.workouts.created--2024-03-22": ["backfills"],
    "lab_report.parsing_job.updated--2026-08-18": ["labs"],
    "labtest.appointment.updated--2026-08-14": ["labs"],
    "labtest.order.created--2024-02-15": ["labs"],
    "no-event-type.walk-in-order-updated--2026-08-14": [NO_TYPE],
    "provider.connection.created--2024-03-22": ["connections"],
    "provider.connection.created--2026-07-22": ["connections"],
    "provider.connection.error--2024-03-22": ["connections"],
}  # every other: user_conflict
REFUSED_STILL = {
    "daily.data.workout_stream.created--2024-03-22": NO_USER,
    "no-event-type.walk-in-order-updated--2026-08-14": NO_TYPE,
}


def outcome(body: bytes) -> list[str]:
    """Topics of what comes out of a worker that has seen nothing, or the reason of the refusal."""
    try:
        return [clean.topic for clean in Worker().run(raw(body))]
    except Rejected as rejection:
        return [str(rejection.reason)]


def test_published_bodies_as_they_are() -> None:
    """Most published examples name two users and become dead letters; the others come out as the table says."""
    found = {name: outcome(body) for name, body in samples.webhooks()}
    assert {name: topics for name, topics in found.items() if topics != [CONFLICT]} == AS_IT_IS
    assert Counter(topics == [CONFLICT] for topics in found.values()) == {True: 78, False: 18}


def test_published_bodies_with_one_user() -> None:
    """With the two user ids made one, each becomes clean records or state of the topic of its resource."""
    for name, body in samples.webhooks():
        if name in REFUSED_STILL:
            assert outcome(samples.aligned(body)) == [REFUSED_STILL[name]]
            continue
        kind = identify(body).type
        by_raw = {"raw.backfills": "backfills", "raw.labs": "labs", "raw.connections": "connections"}
        assert outcome(samples.aligned(body))[-1] == by_raw.get(topics.raw_topic(kind), kind.resource), name


def test_published_bodies_have_columns_for_everything() -> None:
    """Nothing of a published body is left to the unknown fields; the only problem is that old days have no id."""
    left = {}
    for name, body in samples.webhooks():
        if name not in REFUSED_STILL:
            record = Worker().run(raw(samples.aligned(body)))[-1].record
            left[name] = (record.get("unknown_fields"), record.get("problems") or [])
    no_id = {name for name, said in left.items() if said == (None, ["no_id"])}
    assert {name for name, said in left.items() if said != (None, [])} == no_id
    assert all(name.startswith("daily.data.activity.") for name in no_id)
