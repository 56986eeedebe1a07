"""What comes out of each published file: family, resource, number of entities, and what of it is not documented.

The table is written down: a change of what is understood has to change it. Bodies of webhooks are read with their two
user ids made one (their generator makes new ids at every place); objects as the events that would have them as data.
"""

import json
import re
from typing import Any

import pytest

from streams.letters.explain import explain
from tests import samples
from tests.folding import PREFIX
from tests.samples import aligned
from tests.strategies import envelope

WEBHOOKS = """
daily.data.activity.created--2023-07-04 summary activity 1
daily.data.activity.created--2024-07-02 summary activity 1
daily.data.activity.updated--2024-07-02 summary activity 1
daily.data.blood_oxygen.created--2025-02-24 timeseries blood_oxygen 1
daily.data.blood_oxygen.updated--2025-02-24 timeseries blood_oxygen 1
daily.data.blood_pressure.created--2025-02-24 timeseries blood_pressure 1
daily.data.blood_pressure.updated--2025-02-24 timeseries blood_pressure 1
daily.data.body_temperature.created--2025-02-24 timeseries body_temperature 1
daily.data.body_temperature.updated--2025-02-24 timeseries body_temperature 1
daily.data.calories_active.created--2025-02-24 timeseries calories_active 1
daily.data.calories_active.created--2026-07-22 timeseries calories_active 3
daily.data.calories_active.updated--2025-02-24 timeseries calories_active 1
daily.data.distance.created--2025-02-24 timeseries distance 1
daily.data.distance.updated--2025-02-24 timeseries distance 1
daily.data.fat.created--2025-02-24 timeseries fat 1
daily.data.fat.updated--2025-02-24 timeseries fat 1
daily.data.floors_climbed.created--2025-02-24 timeseries floors_climbed 1
daily.data.floors_climbed.updated--2025-02-24 timeseries floors_climbed 1
daily.data.glucose.created--2023-09-19 timeseries glucose 1
daily.data.glucose.created--2024-03-22 timeseries glucose 1
daily.data.glucose.created--2025-02-24 timeseries glucose 1
daily.data.glucose.updated--2025-02-24 timeseries glucose 1
daily.data.heartrate.created--2024-02-08 timeseries heartrate 1
daily.data.heartrate.created--2025-02-24 timeseries heartrate 1
daily.data.heartrate.updated--2025-02-24 timeseries heartrate 1
daily.data.hrv.created--2025-02-24 timeseries hrv 1
daily.data.hrv.updated--2025-02-24 timeseries hrv 1
daily.data.hypnogram.created--2025-02-24 timeseries hypnogram 1
daily.data.hypnogram.updated--2025-02-24 timeseries hypnogram 1
daily.data.insulin_injection.created--2025-02-24 timeseries insulin_injection 1
daily.data.insulin_injection.updated--2025-02-24 timeseries insulin_injection 1
daily.data.meal.created--2025-02-17 summary meal 1
daily.data.meal.updated--2025-02-17 summary meal 1
daily.data.mindfulness_minutes.created--2025-02-24 timeseries mindfulness_minutes 1
daily.data.mindfulness_minutes.updated--2025-02-24 timeseries mindfulness_minutes 1
daily.data.respiratory_rate.created--2025-02-24 timeseries respiratory_rate 1
daily.data.respiratory_rate.updated--2025-02-24 timeseries respiratory_rate 1
daily.data.sleep.created--2024-03-22 summary sleep 1
daily.data.sleep.created--2024-11-05 summary sleep 1
daily.data.sleep.updated--2024-11-05 summary sleep 1
daily.data.steps.created--2023-07-04 timeseries steps 1
daily.data.steps.created--2025-02-24 timeseries steps 1
daily.data.steps.updated--2025-02-24 timeseries steps 1
daily.data.stress_level.created--2025-02-24 timeseries stress_level 1
daily.data.stress_level.updated--2025-02-24 timeseries stress_level 1
daily.data.vo2_max.created--2025-02-24 timeseries vo2_max 1
daily.data.vo2_max.updated--2025-02-24 timeseries vo2_max 1
daily.data.water.created--2025-02-24 timeseries water 1
daily.data.water.updated--2025-02-24 timeseries water 1
daily.data.weight.created--2025-02-24 timeseries weight 1
daily.data.weight.updated--2025-02-24 timeseries weight 1
daily.data.workout_stream.created--2024-03-22 refused no_user
daily.data.workout_stream.created--2024-07-02 summary workout_stream 1
daily.data.workout_stream.created--2026-07-22 summary workout_stream 1
daily.data.workout_stream.updated--2024-07-02 summary workout_stream 1
daily.data.workouts.created--2024-07-02 summary workouts 1
daily.data.workouts.updated--2024-07-02 summary workouts 1
historical.data.activity.created--2025-02-24 backfill activity 1
historical.data.blood_oxygen.created--2025-02-24 backfill blood_oxygen 1
historical.data.blood_pressure.created--2025-02-24 backfill blood_pressure 1
historical.data.body_temperature.created--2025-02-24 backfill body_temperature 1
historical.data.caffeine.created--2025-02-24 backfill caffeine 1
historical.data.calories_active.created--2025-02-24 backfill calories_active 1
historical.data.device.created--2025-02-24 backfill device 1
historical.data.distance.created--2025-02-24 backfill distance 1
historical.data.fat.created--2025-02-24 backfill fat 1
historical.data.floors_climbed.created--2025-02-24 backfill floors_climbed 1
historical.data.glucose.created--2025-02-24 backfill glucose 1
historical.data.heartrate.created--2025-02-24 backfill heartrate 1
historical.data.hrv.created--2025-02-24 backfill hrv 1
historical.data.hypnogram.created--2025-02-24 backfill hypnogram 1
historical.data.insulin_injection.created--2025-02-24 backfill insulin_injection 1
historical.data.meal.created--2025-02-24 backfill meal 1
historical.data.mindfulness_minutes.created--2025-02-24 backfill mindfulness_minutes 1
historical.data.respiratory_rate.created--2025-02-24 backfill respiratory_rate 1
historical.data.sleep.created--2025-02-24 backfill sleep 1
historical.data.steps.created--2025-02-24 backfill steps 1
historical.data.stress_level.created--2025-02-24 backfill stress_level 1
historical.data.vo2_max.created--2025-02-24 backfill vo2_max 1
historical.data.water.created--2025-02-24 backfill water 1
historical.data.weight.created--2025-02-24 backfill weight 1
historical.data.workout_stream.created--2025-02-24 backfill workout_stream 1
historical.data.workouts.created--2024-03-22 backfill workouts 1
historical.data.workouts.created--2025-02-24 backfill workouts 1
lab_report.parsing_job.updated--2026-08-18 lab parsing_job 1
labtest.appointment.updated--2025-02-24 lab appointment 1
labtest.appointment.updated--2026-08-14 lab appointment 1
labtest.order.created--2024-02-15 lab order 1
labtest.order.created--2025-02-24 lab order 1
labtest.result.critical--2025-02-24 lab result 1
no-event-type.walk-in-order-updated--2026-08-14 refused no_event_type
provider.connection.created--2024-03-22 connection connection 1
provider.connection.created--2024-06-10 connection connection 1
provider.connection.created--2026-07-22 connection connection 1
provider.connection.error--2024-03-22 connection connection 1
provider.connection.error--2025-02-20 connection connection 1
"""
OBJECTS = """
ClientFacingAppointment lab appointment 1
ClientFacingBodyMassIndexSample timeseries body_mass_index 1
ClientFacingDaylightExposureSample timeseries daylight_exposure 1
ClientFacingDevice device device 1
ClientFacingFallSample timeseries fall 1
ClientFacingGlucoseTimeseries timeseries glucose 1
ClientFacingHeartRateRecoveryOneMinuteSample timeseries heart_rate_recovery_one_minute 1
ClientFacingInsulinInjectionSample timeseries insulin_injection 1
ClientFacingShallowWorkoutStream summary workout_stream 1
ClientFacingSleep summary sleep 1
ClientFacingStandHourSample timeseries stand_hour 1
ClientFacingWaistCircumferenceSample timeseries waist_circumference 1
ClientFacingWheelchairPushSample timeseries wheelchair_push 1
ClientFacingWorkout summary workouts 1
ClientFacingWorkoutDistanceSample timeseries workout_distance 1
ProviderConnectionCreated connection connection 1
"""

TABLES = {"webhooks": WEBHOOKS, "objects": OBJECTS}

_SOURCE = {"provider": "oura", "type": "ring"}
# What an object is the data of; every other is one sample.
_EVENT_TYPES = {
    "ClientFacingAppointment": "labtest.appointment.updated",
    "ClientFacingDevice": "provider.device.created",
    "ClientFacingShallowWorkoutStream": "daily.data.workout_stream.created",
    "ClientFacingSleep": "daily.data.sleep.created",
    "ClientFacingWorkout": "daily.data.workouts.created",
    "ProviderConnectionCreated": "provider.connection.created",
}


def event_of(title: str, data: Any) -> bytes:
    """The event that would have this object as its data."""
    event_type = _EVENT_TYPES.get(title)
    if event_type is None:
        event_type, data = f"daily.data.{resource_of(title)}.created", {"source": _SOURCE, "data": [data]}
    return aligned(json.dumps(envelope(event_type, data)).encode())


def resource_of(title: str) -> str:
    """`ClientFacingStandHourSample` is one of `stand_hour`."""
    words = title.removeprefix("ClientFacing").removesuffix("Sample").removesuffix("Timeseries")
    return re.sub("(?<!^)(?=[A-Z])", "_", words).lower()


def bodies() -> dict[str, dict[str, bytes]]:
    """Kind of file → name without .json → body. Skips where there are none."""
    found = sorted((samples.sample_dir() / "objects").glob("*.json"))
    return {
        "webhooks": {name: aligned(body) for name, body in samples.webhooks()},
        "objects": {path.stem: event_of(path.stem, json.loads(path.read_bytes())) for path in found},
    }


def told(body: bytes) -> str:
    """What the table says of a file."""
    explained = explain(body, prefix=PREFIX, partitions=4)
    if explained.reason:
        return f"refused {explained.reason}"
    return " ".join([explained.family, explained.resource, str(explained.entities), *explained.drift])


@pytest.mark.parametrize("kind", TABLES)
def test_what_comes_out(kind: str) -> None:
    """Each file, and no other, as the table says."""
    wanted = dict(line.split(" ", 1) for line in TABLES[kind].strip().splitlines())
    assert {name: told(body) for name, body in bodies()[kind].items()} == wanted


@pytest.mark.parametrize("kind", TABLES)
def test_nothing_is_left_over(kind: str) -> None:
    """No field of a published file is without a place, no type is unknown; the one problem is that old days have no id.

    Of every body that is not refused explain says family, resource, keys, version and schema.
    """
    for name, body in bodies()[kind].items():
        explained = explain(body, prefix=PREFIX, partitions=4)
        assert explained.unknown_fields == [], name
        assert explained.problems in ([], ["no_id"]), name
        said = (explained.family, explained.resource, explained.keys, explained.version, explained.schema)
        assert all(said) or explained.reason, name
        assert explained.family != "unknown", name
