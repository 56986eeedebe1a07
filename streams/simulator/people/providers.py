"""Providers, their source types and resources (domain file, 3.7 and 4.7)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """`types`: source types, the first is the usual one; `special`: resources that come from another one.

    `core`: resources of every user; `some`: those that only some users have.
    """

    slug: str
    name: str
    types: tuple[str, ...]
    sync_h: int
    core: tuple[str, ...]
    some: tuple[str, ...] = ()
    special: tuple[tuple[str, tuple[str, ...]], ...] = ()
    has_devices: bool = False

    def types_of(self, resource: str) -> tuple[str, ...]:
        """Source types that deliver a resource: two for buckets that both phone and watch count."""
        return dict(self.special).get(resource, self.types[:1])


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BOTH = ("watch", "phone")
_SCALE = ("scale",)

APPLE = Provider(
    "apple_health_kit",
    "Apple HealthKit",
    _BOTH,
    2,
    _words("activity sleep workouts heartrate steps distance calories_active stand_hour"),
    _words(
        "calories_basal stand_duration workout_distance workout_duration workout_swimming_stroke afib_burden "
        "electrocardiogram electrocardiogram_voltage heart_rate_alert hrv meal heart_rate_recovery_one_minute "
        "mindfulness_minutes sleep_apnea_alert daylight_exposure sleep_breathing_disturbance body_mass_index "
        "lean_body_mass waist_circumference profile basal_body_temperature body_temperature "
        "forced_expiratory_volume_1 forced_vital_capacity peak_expiratory_flow_rate inhaler_usage menstrual_cycle "
        "handwashing fall uv_exposure wheelchair_push caffeine carbohydrates water vo2_max sleep_cycle "
        "blood_oxygen"
    ),
    (("steps", _BOTH), ("distance", _BOTH)),
)
_OURA = Provider(
    "oura",
    "Oura",
    ("ring",),
    3,
    _words("activity sleep sleep_cycle heartrate hrv profile"),
    _words("blood_oxygen respiratory_rate body_temperature_delta stress_level vo2_max workouts"),
)
_GARMIN = Provider(
    "garmin",
    "Garmin",
    ("watch",),
    1,
    _words("activity sleep sleep_cycle workouts workout_stream heartrate steps distance"),
    _words("calories_active stress_level floors_climbed respiratory_rate menstrual_cycle body weight"),
    (("body", _SCALE), ("weight", _SCALE)),
    has_devices=True,
)
_FITBIT = Provider(
    "fitbit",
    "Fitbit",
    ("watch",),
    3,
    _words("activity sleep heartrate steps calories_active"),
    _words("body weight fat water floors_climbed profile hrv"),
    (("body", _SCALE), ("weight", _SCALE), ("fat", _SCALE)),
)
_WITHINGS = Provider(
    "withings",
    "Withings",
    _SCALE,
    6,
    _words("body weight fat blood_pressure"),
    _words("lean_body_mass body_mass_index body_temperature sleep"),
    (("blood_pressure", ("cuff",)), ("sleep", ("unknown",)), ("body_temperature", ("unknown",))),
    has_devices=True,
)
_LIBRE = Provider(
    "freestyle_libre",
    "Freestyle Libre",
    ("automatic", "manual_scan"),
    4,
    ("glucose", "note"),
    ("insulin_injection", "carbohydrates"),
    (("note", ("manual_scan",)), ("insulin_injection", ("manual_scan",))),
)
DEXCOM = Provider("dexcom_v3", "Dexcom", ("unknown",), 1, ("glucose",), ("carbohydrates", "insulin_injection"))
_WHOOP = Provider("whoop_v2", "WHOOP", ("unknown",), 4, ("sleep", "workouts", "hrv", "respiratory_rate"), ("body",))
_STRAVA = Provider("strava", "Strava", ("unknown",), 6, ("workouts", "workout_stream"))
_CRONOMETER = Provider("cronometer", "Cronometer", ("unknown",), 4, ("meal", "water"), ("caffeine", "carbohydrates"))
_KARDIA = Provider("kardia", "Kardia", ("unknown",), 6, ("electrocardiogram", "electrocardiogram_voltage"))
_TANDEM = Provider(
    "tandem_source", "Tandem", ("insulin_pump",), 2, ("insulin_injection", "glucose"), ("carbohydrates",)
)
_LABCORP = Provider("labcorp", "Labcorp", ("lab",), 6, ("cholesterol", "ige", "igg"))

# Apple comes often enough that a dozen people have all of its resources between them.
MAIN = (_OURA, APPLE, _GARMIN, _LIBRE, _FITBIT, APPLE, _WITHINGS, _LABCORP, APPLE, _KARDIA, _CRONOMETER, _TANDEM)
OTHERS = (_WITHINGS, _STRAVA, DEXCOM, _WHOOP, _OURA, _FITBIT, _CRONOMETER, _KARDIA)
