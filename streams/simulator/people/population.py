"""Who lives in the world: people, their bodies and habits, and the providers that they linked.

Everything follows from the seed. Providers and their source types: domain file, 3.7 and 4.7.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from streams.simulator.randomness import key_of, noise, within

TEAM_ID = "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"


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

_APPLE = Provider(
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
MAIN = (_OURA, _APPLE, _GARMIN, _LIBRE, _FITBIT, _APPLE, _WITHINGS, _LABCORP, _APPLE, _KARDIA, _CRONOMETER, _TANDEM)
OTHERS = (_WITHINGS, _STRAVA, DEXCOM, _WHOOP, _OURA, _FITBIT, _CRONOMETER, _KARDIA)
_ZONES = ("Europe/Madrid", "America/New_York", "Asia/Kolkata", "Europe/Lisbon", "America/Los_Angeles", "Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of data: a link's resource from one source type."""

    provider: str
    name: str
    type: str
    app_id: str | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One user's link to one provider. `device_id` is empty for providers without devices."""

    provider: Provider
    resources: tuple[str, ...]
    device_id: str
    delay_ms: int

    def sources(self, resource: str) -> Iterator[Source]:
        """Where a resource of this link comes from; `app_id` is documented for summaries of phone SDKs only (3.7)."""
        for kind in self.provider.types_of(resource):
            app = f"com.apple.health.{self.device_id}" if self.provider is _APPLE and resource in _WITH_APP else None
            device = self.device_id if self.provider.has_devices and resource not in _WITHOUT_DEVICE else None
            yield Source(self.provider.slug, self.provider.name, kind, app, device)


_WITH_APP = frozenset({"activity", "sleep", "workouts", "meal"})
_WITHOUT_DEVICE = frozenset({"body", "fat", "weight"})  # Withings does not name the device for these (3.7)


class Story(NamedTuple):
    """What happens to somebody, as spans of Unix ms: low glucose; no data at all."""

    low_ms: tuple[int, int] = (0, 0)
    away_ms: tuple[int, int] = (0, 0)

    def is_low(self, at_ms: int) -> bool:
        return self.low_ms[0] <= at_ms < self.low_ms[1]

    def is_away(self, at_ms: int) -> bool:
        return self.away_ms[0] <= at_ms < self.away_ms[1]


NO_STORY = Story()


@dataclass(frozen=True, slots=True)
class Person:
    """Body and habits: hours are local, `offset_s` is east positive and constant over the simulated days."""

    index: int
    user_id: str
    client_user_id: str
    zone: str
    offset_s: int
    sex: str
    height_cm: int
    weight_kg: float
    resting_bpm: float
    steps_a_day: float
    bed_h: float
    sleep_h: float
    links: tuple[Link, ...]
    key: int
    story: Story = NO_STORY

    @property
    def uuid(self) -> UUID:
        return UUID(self.user_id)

    def new_id(self, *parts: object) -> str:
        """A version-5 UUID that always names the same thing, as Junction's ids do (3.4)."""
        return str(uuid5(self.uuid, "/".join(map(str, parts))))


def person(seed: int, index: int, end_ms: int) -> Person:
    """The `index`-th inhabitant of a seed's world."""
    key = key_of("person", seed, index)
    zone = _ZONES[index % len(_ZONES)]
    offset = ZoneInfo(zone).utcoffset(datetime.fromtimestamp(end_ms / 1000, ZoneInfo(zone)).replace(tzinfo=None))
    return Person(
        index=index,
        user_id=str(uuid5(NAMESPACE_URL, f"junction-streams/{seed}/{index}")),
        client_user_id=f"patient-{seed}-{index:06}",
        zone=zone,
        offset_s=int(offset.total_seconds()) if offset else 0,
        sex="female" if index % 2 else "male",
        height_cm=round(within(158, 192, noise(key, 1))),
        weight_kg=within(54, 98, noise(key, 2)),
        resting_bpm=within(46, 68, noise(key, 3)),
        steps_a_day=within(4000, 13000, noise(key, 4)),
        bed_h=within(-2.0, 0.8, noise(key, 5)),
        sleep_h=within(6.2, 8.6, noise(key, 6)),
        links=tuple(_links(seed, index, key)),
        key=key,
    )


def _links(seed: int, index: int, key: int) -> Iterator[Link]:
    """One to three providers: the main one in turn, so that a small world has all; the others by chance."""
    chosen = {MAIN[index % len(MAIN)].slug: MAIN[index % len(MAIN)]}
    for draw in range(2):
        if noise(key, 10 + draw) < 0.45:
            other = OTHERS[int(noise(key, 20 + draw) * len(OTHERS))]
            chosen.setdefault(other.slug, other)
    for provider in chosen.values():
        turn = index // len(MAIN) * MAIN.count(provider) + MAIN[: index % len(MAIN)].count(provider)
        device_id = str(uuid5(NAMESPACE_URL, f"junction-streams/{seed}/{index}/{provider.slug}"))
        delay_ms = int(within(20_000, 900_000, noise(key, key_of(provider.slug))))
        yield Link(provider, _resources(provider, turn), device_id, delay_ms)


def _resources(provider: Provider, turn: int) -> tuple[str, ...]:
    """The core and every third of the rest; three neighbours have all of it between them."""
    return provider.core + tuple(name for place, name in enumerate(provider.some) if (place + turn) % 3 == 0)
