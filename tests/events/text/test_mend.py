"""What is nearly JSON: one broken character or number costs itself, and nobody's identity."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.headers import H_SUBJECT, H_TYPE
from streams.events.identity import hint, identify
from streams.events.text import mend
from streams.events.types import Family
from streams.letters.shapes import shape
from streams.ops.errors import Reason, Rejected
from streams.payloads.decode import decode
from streams.payloads.series import Series
from streams.payloads.summary import Summary
from tests.folding import PREFIX, Worker, raw
from tests.fuzz.law import stored
from tests.letters.test_letter import letter
from tests.strategies import TEAM, USER, envelope, series, summaries

AT = "2026-06-03T10:00:00+00:00"
SOURCE = {"provider": "garmin", "type": "watch"}
HALF = "\\ud83c"  # of an emoji, escaped
TEXT, NUMBER = "broken character, replaced", "no finite number, left out"
MARK = "@@"


def written(event: Any, *said: str) -> bytes:
    """The event with each mark replaced by something that no writer of JSON would write; "\\udcff" is the byte FF."""
    text = json.dumps(event, ensure_ascii=False)
    for one in said:
        text = text.replace(f'"{MARK}"', one, 1)
    return text.encode("utf-8", "surrogateescape")


def workout(**data: Any) -> dict[str, Any]:
    given = {"id": "w1", "source": SOURCE, "time_start": AT, "average_hr": 95, **data}
    return envelope("daily.data.workouts.created", given)


def read(body: bytes) -> Summary:
    found = decode(body, Family.SUMMARY)
    assert isinstance(found, Summary)
    return found


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (f'"Run {HALF}"', "Run \ufffd"),
        (f'"{HALF} run"', "\ufffd run"),
        (f'"{HALF}{HALF}"', "\ufffd\ufffd"),
        ('"\\udc00"', "\ufffd"),
        (f'"{HALF}\\u0041"', "\ufffdA"),
        ('"Run \udcff"', "Run \ufffd"),
        ('"Run \udced\udca0\udcbc"', "Run \ufffd\ufffd\ufffd"),  # half a character as CESU-8
    ],
)
def test_a_broken_character_is_replaced(said: str, title: str) -> None:
    """A text keeps what can be read of it, its place is named, and nothing else of the body changes."""
    found = read(written(workout(title=MARK), said))
    assert found.fields["title"] == title
    assert found.event.problems == [f"$.data.title: {TEXT}"]
    assert found.fields == read(written(workout(title=title))).fields
    (told,) = [one for one in Worker().run(raw(written(workout(title=MARK), said))) if one.topic == "workouts"]
    assert told.record["title"] == title


@pytest.mark.parametrize("said", ["NaN", "Infinity", "-Infinity", "1e400", "-1E+999", "9" * 5000, "-" + "9" * 5000])
def test_a_number_that_is_none_costs_its_sample(said: str) -> None:
    """The other samples pass; the one is dropped, counted and named. It never becomes NaN in a column."""
    samples = [{"timestamp": AT, "value": 58}, {"timestamp": "2026-06-03T10:00:01Z", "value": MARK}]
    event = envelope("daily.data.heartrate.created", {"source": SOURCE, "data": samples})
    found = decode(written(event, said), Family.TIMESERIES)
    assert isinstance(found, Series)
    assert (found.columns.contents, found.dropped) == ([58.0], 1)
    assert f"$.data.data[].value: {NUMBER}" in found.event.problems
    assert identify(written(event, said)) == identify(written(event, "1"))


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf%s", b"%s\n"])
def test_what_stands_around_a_body_costs_nothing(body: bytes) -> None:
    """A byte order mark may be ignored (RFC 8259, 8.1)."""
    assert read(body % written(workout())).fields == read(written(workout())).fields


def test_a_raw_control_character_stays() -> None:
    """A line end that somebody forgot to escape is a character like others."""
    found = read(written(workout(title=MARK), '"a\nb\x01"'))
    assert (found.fields["title"], found.event.problems) == ("a\nb\x01", ["$: not strict JSON"])


def test_names_of_maps_stay_unsaid() -> None:
    """The place of what somebody ate is `{}`, and a name that is broken is no place."""
    foods = {"soup": {"name": MARK}, HALF: {}}
    body = written(envelope("daily.data.meal.created", {"id": "1", "source": SOURCE, "data": foods}), f'"{HALF}"')
    problems = decode(body.replace(b"\\\\", b"\\")).event.problems
    assert {f"$.data.data: a name's {TEXT}", f"$.data.data{{}}.name: {TEXT}"} <= set(problems)
    assert not any("soup" in problem for problem in problems)


# Whose it is


def test_a_broken_id_is_none() -> None:
    """Two ids may differ in what is broken alone: such an id is absent, wherever it is."""
    event = {"event_type": "checkout.quote.created", "team_id": TEAM, "user_id": MARK, "data": {"id": MARK}}
    body = written(event, f'"{USER}{HALF}"', '"a\udcff"')
    assert (identify(body).user_id, identify(body).owner_id) == ("", TEAM)
    found = decode(body)
    assert found.event.owner_id == TEAM
    assert set(found.event.problems) == {"$.user_id: broken id, left out", "$.data.id: broken id, left out"}


@pytest.mark.parametrize("said", [f'"{USER[:-1]}{HALF}"', f'"{USER[:-1]}\udcff"'])
def test_a_broken_user_is_nobody(said: str) -> None:
    """Alone it is no user; beside a good one it is another: whose the data are, nobody guesses."""
    for beside in (None, "", 7, "x" * 300):
        event = {"event_type": "daily.data.body.created", "user_id": beside, "data": {"user_id": MARK, "id": "1"}}
        for read_it in (identify, decode):
            with pytest.raises(Rejected) as caught:
                read_it(written(event, said))
            assert caught.value.reason is Reason.NO_USER
    with pytest.raises(Rejected) as caught:
        decode(written(workout(user_id=MARK), said))
    assert caught.value.reason is Reason.USER_CONFLICT


DAMAGE = st.sampled_from(
    [
        (f'"x{HALF}"', "x\ufffd"),
        (f'"\\udc00{HALF}"', "\ufffd\ufffd"),
        ('"\udcff"', "\ufffd"),
        ("NaN", None),
        ("Infinity", None),
        ("1e400", None),
        ("-" + "1" * 5000, None),
    ]
)


@given(series() | summaries(), st.data(), st.booleans())
def test_damage_costs_what_is_damaged(event: Any, data: st.DataObject, has_bom: bool) -> None:
    """Whatever is broken at whatever place of a good body, identity is read, and all else is read as ever."""
    clean, event = written(event), json.loads(json.dumps(event))  # no part of it stands in two places
    places = [(at, name) for at, name in leaves(event["data"]) if name != "user_id"]
    chosen = data.draw(st.lists(st.sampled_from(range(len(places))), min_size=1, max_size=3, unique=True))
    damage = [data.draw(DAMAGE) for _ in chosen]
    for place in chosen:
        at, name = places[place]
        at[name] = MARK
    broken = b"\xef\xbb\xbf" * has_bom + written(event, *(said for said, _ in damage))
    for (at, name), one in zip([places[place] for place in sorted(chosen)], damage, strict=True):
        at[name] = None if str(name) == "id" or str(name).endswith("_id") else one[1]
    assert identify(broken) == identify(clean)
    assert stored(broken) is not None
    for family in (Family.TIMESERIES, Family.SUMMARY, Family.UNKNOWN):
        assert outcome(broken, family) == outcome(written(event), family)


def leaves(value: Any) -> list[tuple[Any, Any]]:
    """(object or list, name or index) of what holds nothing else, in the order in which it is written."""
    names = list(value) if isinstance(value, dict) else list(range(len(value)))
    found: list[tuple[Any, Any]] = []
    for name in names:
        found += leaves(value[name]) if isinstance(value[name], dict | list) else [(value, name)]
    return found


def outcome(body: bytes, family: Family) -> Any:
    """What is decoded, without its problems; of a refusal the reason."""
    try:
        found = decode(body, family)
    except Rejected as rejection:
        return rejection.reason
    found.event.problems = []
    return found


# What is no JSON

HEAD = f'{{"event_type": "daily.data.sleep.created", "user_id": "{USER}", "team_id": "{TEAM}"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + ', "data": {"id": "1', ("daily.data.sleep.created", USER)),  # cut
        (HEAD + ', "data": {"id": 01}}', ("daily.data.sleep.created", USER)),
        (HEAD + ',, "data": {}}', ("daily.data.sleep.created", USER)),
        (HEAD + "} {}", ("daily.data.sleep.created", USER)),
        (HEAD + ', "user_id": "someone", "data": {', ("daily.data.sleep.created", "")),  # which of the two?
        ('{"event_type": "daily.data.sleep.created", "user_id": "' + USER[:9], ("daily.data.sleep.created", "")),
        (HEAD.replace(USER, HALF) + "?", ("daily.data.sleep.created", "")),
        ('{"data": {"event_type": "x"}, "event_type": "y"', ("", "")),
        ("{" * 5000, ("", "")),
        ("{" + "[" * 100_000, ("", "")),
        ("]" + HEAD, ("", "")),
        ("event_type", ("", "")),
        ("", ("", "")),
    ],
)
def test_what_is_no_json_says_what_it_can(text: str, said: tuple[str, str]) -> None:
    """It stays a dead letter; type and user before the break are in its headers, where there is one of each."""
    body = text.encode()
    with pytest.raises(Rejected) as caught:
        identify(body)
    assert caught.value.reason is Reason.NOT_JSON
    assert hint(body) == said
    assert stored(body) is None


def test_a_letter_of_a_known_user_is_found() -> None:
    """By the headers that its door gives it, and by its body where an older door gave none."""
    body = (HEAD + ', "data": {').encode()
    for headers in ([], [(H_TYPE, b"daily.data.sleep.created"), (H_SUBJECT, USER.encode())]):
        found = letter(raw(b'{"event_type":"a.b","team_id":"t"}', topic="x")._replace(value=body, headers=headers))
        assert (found.event_type, found.user_id) == ("daily.data.sleep.created", USER)


@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda tail: HEAD.encode() + tail))
def test_mended_is_strict(body: bytes) -> None:
    """Whatever the bytes: None, or JSON that the strict reader takes, with a word about what was done."""
    better = mend.mended(body)
    if better is not None:
        assert better.problems
        json.loads(better.body.decode(), parse_constant=pytest.fail)
    assert len(mend.scalars(body)) <= 80


def test_deep_is_deep() -> None:
    """Nesting has the same outcome, whatever else is wrong."""
    deep = "[" * 200 + f'"{HALF}"' + "]" * 200
    for text in (deep, "[" * 100_000):
        with pytest.raises(Rejected) as caught:
            mend.mended(f'{{"event_type":"a.b","team_id":"t","x":{text}}}'.encode())
        assert caught.value.reason is Reason.TOO_DEEP


def test_its_shape_can_be_looked_at() -> None:
    """`dead-letters show` tells the places of what was mended too."""
    assert "$.data.title: string" in shape(written(workout(title=MARK), f'"{HALF}"'))
    assert shape(b"{")[0].startswith("not JSON")


def test_prefixes_are_used() -> None:
    """A body that was mended goes where a clean one goes."""
    record = stored(written(workout(title=MARK), f'"{HALF}"'))
    assert record is not None
    assert record.topic == f"{PREFIX}.raw.summaries"
