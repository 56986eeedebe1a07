"""A person whose apps and providers do what nobody documents: bodies as they have been met, and what each means.

They come on top of a world's users, so that everything else in it stays as it is. Whoever reads a body here right
finds what its `meaning` says; the oracle reads that instead.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from streams.events import DAY_MS, HOUR_MS, MINUTE_MS
from streams.ops.errors import Reason
from streams.simulator.calendar import iso, iso_date
from streams.simulator.people.population import TEAM_ID

Json = dict[str, Any]
NewId = Callable[..., str]
WATCH = {"provider": "garmin", "type": "watch"}
RING = {"provider": "oura", "type": "ring"}
HALF_AN_EMOJI, REPLACED = "\\ud83c", "\\ufffd"  # as JSON writes them
NOTHING = b""
_STEP_MS = MINUTE_MS
# Each is five bytes, and a float that is written out has nineteen.
_GROWING = b",".join([b"1E15"] * 900_000)


class Odd(NamedTuple):
    """`meaning`: the body that says the same without the oddity; NOTHING for no fact; None where it is itself.

    `letter`: the reason of the dead letter that it has to become; "" for none.
    """

    event_type: str
    body: bytes
    user_id: str
    meaning: bytes | None = None
    letter: str = ""


class Timed(NamedTuple):
    at_ms: int
    odd: Odd


def odd_events(new_id: NewId, end_ms: int) -> Iterator[Timed]:
    """All of them within the last hours before `end_ms`, a minute apart, in order."""
    user_id, day_ms = new_id("odd"), end_ms // DAY_MS * DAY_MS - DAY_MS
    for place, odd in enumerate(_odds(user_id, new_id, day_ms, end_ms)):
        yield Timed(end_ms - 2 * HOUR_MS + place * _STEP_MS, odd)


def _odds(user_id: str, new_id: NewId, day_ms: int, end_ms: int) -> Iterator[Odd]:
    yield _half_an_emoji(user_id, new_id, day_ms)
    yield from _deleted(user_id, new_id, day_ms)
    yield from _without_id(user_id, day_ms)
    yield from _two_cases(user_id, day_ms)
    yield _empty(user_id)
    yield _not_a_number(user_id, day_ms)
    yield _short_array(user_id, new_id, day_ms)
    yield from _from_the_future(user_id, new_id, day_ms, end_ms)
    yield _growing(user_id, new_id)
    yield _operational(new_id)


def _body(event_type: str, user_id: str, data: Json) -> bytes:
    whole = {"event_type": event_type, "user_id": user_id, "client_user_id": "odd", "team_id": TEAM_ID, "data": data}
    return msgspec.json.encode(whole)


def _workout(id: str | None, day_ms: int, hour: int, **more: Any) -> Json:
    start_ms = day_ms + hour * HOUR_MS
    said = {
        "title": "Laps",
        "calendar_date": iso_date(day_ms // DAY_MS),
        "timezone_offset": 0,
        "time_start": iso(start_ms),
        "time_end": iso(start_ms + HOUR_MS // 2),
        "distance": 1000.0 + hour,
        "source": WATCH,
        "created_at": iso(start_ms + HOUR_MS),
        "updated_at": iso(start_ms + HOUR_MS),
    }
    return {**({"id": id} if id else {}), **said, **more}


def _half_an_emoji(user_id: str, new_id: NewId, day_ms: int) -> Odd:
    """An app has cut a text in the middle of a character: RFC 8259, section 8.2."""
    kind = "daily.data.workouts.created"
    body = _body(kind, user_id, _workout(new_id("odd", "emoji"), day_ms, 6, title="Laps @"))
    return Odd(kind, body.replace(b"@", HALF_AN_EMOJI.encode()), user_id, body.replace(b"@", REPLACED.encode()))


def _deleted(user_id: str, new_id: NewId, day_ms: int) -> Iterator[Odd]:
    """A workout, and then an action that nobody documents: what is known stays."""
    kind, id = "daily.data.workouts.created", new_id("odd", "deleted")
    yield Odd(kind, _body(kind, user_id, _workout(id, day_ms, 7)), user_id)
    gone = "daily.data.workouts.deleted"
    yield Odd(gone, _body(gone, user_id, {"id": id, "source": WATCH}), user_id)


def _without_id(user_id: str, day_ms: int) -> Iterator[Odd]:
    """Two workouts of one day, and a night and a nap: a session is told by its start."""
    kind = "daily.data.workouts.created"
    for hour in (8, 18):
        data = _workout(None, day_ms, hour)
        key = f"~garmin/watch/{(day_ms + hour * HOUR_MS) * 1000}"
        yield Odd(kind, _body(kind, user_id, data), user_id, _body(kind, user_id, {**data, "id": key}))
    kind = "daily.data.sleep.created"
    for hour, hours in ((0, 7), (14, 1)):
        data = _sleep(day_ms, hour, hours)
        key = f"~oura/ring/{(day_ms + hour * HOUR_MS) * 1000}"
        yield Odd(kind, _body(kind, user_id, data), user_id, _body(kind, user_id, {**data, "id": key}))


def _sleep(day_ms: int, hour: int, hours: int) -> Json:
    start_ms = day_ms + hour * HOUR_MS
    return {
        "calendar_date": iso_date(day_ms // DAY_MS),
        "bedtime_start": iso(start_ms),
        "bedtime_stop": iso(start_ms + hours * HOUR_MS),
        "timezone_offset": 0,
        "duration": hours * 3600,
        "source": RING,
        "created_at": iso(start_ms + DAY_MS // 2),
        "updated_at": iso(start_ms + DAY_MS // 2),
    }


def _batch(user_id: str, samples: list[Json]) -> Json:
    return {"source": WATCH, "data": samples, "user_id": user_id}


def _sample(at_ms: int, value: float | str, unit: str) -> Json:
    return {"timestamp": iso(at_ms), "value": value, "unit": unit}


def _two_cases(user_id: str, day_ms: int) -> Iterator[Odd]:
    """One user, whose id is written in upper case by one app and in lower case by another: RFC 9562, section 4."""
    kind = "daily.data.blood_oxygen.created"
    for id in (user_id.upper(), user_id):
        samples = [_sample(day_ms + 9 * HOUR_MS, 97.0, "%")]
        plain = _body(kind, user_id, _batch(user_id, samples))
        yield Odd(kind, _body(kind, id, _batch(id, samples)), user_id, plain)


def _empty(user_id: str) -> Odd:
    kind = "daily.data.heartrate.created"
    return Odd(kind, _body(kind, user_id, _batch(user_id, [])), user_id)


def _not_a_number(user_id: str, day_ms: int) -> Odd:
    """A word that JSON does not have, among good samples (RFC 8259, section 6)."""
    kind, at_ms = "daily.data.hrv.created", day_ms + 10 * HOUR_MS
    good = [_sample(at_ms, 41.5, "rmssd"), _sample(at_ms + 2 * _STEP_MS, 44.5, "rmssd")]
    odd = [good[0], _sample(at_ms + _STEP_MS, "@", "rmssd"), good[1]]
    body = _body(kind, user_id, _batch(user_id, odd)).replace(b'"@"', b"NaN")
    return Odd(kind, body, user_id, _body(kind, user_id, _batch(user_id, good)))


def _short_array(user_id: str, new_id: NewId, day_ms: int) -> Odd:
    """Three times and one heart rate: nobody can say to which of the times it belongs."""
    kind, id, at_s = "daily.data.workout_stream.created", new_id("odd", "emoji"), day_ms // 1000 + 6 * 3600
    stream: Json = {"time": [at_s, at_s + 1, at_s + 2], "cadence": [80.0, 81.0, 82.0]}
    data = {"workout_id": id, "source": WATCH, "stream": stream}
    odd = {**data, "stream": {**stream, "heartrate": [120.0]}}
    return Odd(kind, _body(kind, user_id, odd), user_id, _body(kind, user_id, data))


def _from_the_future(user_id: str, new_id: NewId, day_ms: int, end_ms: int) -> Iterator[Odd]:
    """A version that says to be of next month, and then what is right: the first one is no version."""
    kind, id = "daily.data.workouts.created", new_id("odd", "future")
    odd = _workout(id, day_ms, 11, updated_at=iso(end_ms // 1000 * 1000 + 30 * DAY_MS))
    meant = {name: value for name, value in odd.items() if name != "updated_at"}
    yield Odd(kind, _body(kind, user_id, odd), user_id, _body(kind, user_id, meant))
    kind = "daily.data.workouts.updated"
    yield Odd(kind, _body(kind, user_id, _workout(id, day_ms, 11, distance=1500.0)), user_id)


def _growing(user_id: str, new_id: NewId) -> Odd:
    """A body within every limit, whose record is beyond them once its numbers are written out."""
    kind = "daily.data.profile.created"
    data = {"id": new_id("odd", "growing"), "source": RING, "marks": "@"}
    body = _body(kind, user_id, data).replace(b'"@"', b"[" + _GROWING + b"]")
    return Odd(kind, body, user_id, NOTHING, str(Reason.TOO_LARGE))


def _operational(new_id: NewId) -> Odd:
    """What the sender's own machinery has to say: it has a `type`, and no user (Svix, operational webhooks)."""
    kind = "message.attempt.exhausted"
    data = {"msgId": new_id("odd", "message"), "endpointId": new_id("odd", "endpoint"), "appId": new_id("odd", "app")}
    return Odd(kind, msgspec.json.encode({"type": kind, "data": data}), "")
