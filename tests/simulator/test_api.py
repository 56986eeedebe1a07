"""The fake API over real HTTP: what it answers, what it refuses, and every fault that it can be told to have."""

import asyncio
import base64
import re
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.junction import FailureReason, NotAuthorized, Refused, TryLater, bodies, iterate_pages, open_client
from connectors.junction.retry_policy import RetryPolicy
from streams.events.times import DAY_US
from streams.ops.errors import Misconfigured
from streams.payloads.decode import decode
from streams.payloads.series import Series
from streams.simulator.api.app import FakeApi
from streams.simulator.api.options import ApiOptions, Fault, read_faults
from streams.simulator.api.paging import Place, cursor_of, place_of
from streams.simulator.api.queries import Invalid
from streams.simulator.api.serve import running
from streams.simulator.management.keys import SVIX_KEY
from streams.simulator.people.physiology import Span
from streams.simulator.world.notices import Notices
from streams.simulator.world.workout_streams import workouts_of
from streams.simulator.world.world import Generation
from tests.connectors.junction.scripted import settings_for
from tests.simulator.fake import fake, history_span, pages_of
from tests.simulator.worlds import world

WORLD = world(users=3, days=1, days_of_history=5)
OURA = next(iter(WORLD.people))
SPAN = history_span(WORLD)
KEY = {"x-vital-api-key": "sk_us_fake"}
KEYS = {**KEY, "x-management-key": "mg_fake", "authorization": f"Bearer {SVIX_KEY}"}


def samples_of(pages: list[Any]) -> list[tuple[Any, ...]]:
    """(time, value) of all samples in the order of the pages."""
    found = [decode(body) for page in pages for body in bodies(page, OURA.user_id)]
    return [
        row
        for one in found
        if isinstance(one, Series)
        for row in zip(one.columns.times_us, one.columns.contents, strict=True)
    ]


@pytest.fixture(scope="module")
def right() -> list[tuple[Any, ...]]:
    """All heart rates of the span, from one large page."""

    async def ask() -> list[Any]:
        async with fake(WORLD, ApiOptions(page_size=100_000)) as (_, client):
            return await pages_of(client, "heartrate", OURA.user_id, SPAN, "oura")

    pages = asyncio.run(ask())
    assert len(pages) == 1
    return samples_of(pages)


@pytest.mark.parametrize("page_size", [1, 7, 100, 499])
async def test_pages_of_any_size_have_the_same_samples(right: list[Any], page_size: int) -> None:
    """Each sample once, in order, on pages of that size."""
    span = (SPAN[1] - 4 * DAY_US // 3, SPAN[1]) if page_size == 1 else SPAN
    async with fake(WORLD, ApiOptions(page_size=page_size)) as (_, client):
        pages = await pages_of(client, "heartrate", OURA.user_id, span, "oura")
    found = samples_of(pages)
    assert found == (right[-len(found) :] if page_size == 1 else right)
    assert {page.rows for page in pages[:-1]} <= {page_size}


@given(st.lists(st.integers(SPAN[0] // 1_000_000, SPAN[1] // 1_000_000), min_size=1, max_size=4))
@settings(max_examples=15)
def test_windows_side_by_side_have_what_one_has(cuts: list[int]) -> None:
    """However a span is cut into windows, together they hold the same samples."""
    ends = [SPAN[0], *sorted(cut * 1_000_000 for cut in cuts), SPAN[1]]

    async def ask() -> list[list[Any]]:
        async with fake(WORLD, ApiOptions(page_size=100)) as (_, client):
            spans = [*pairwise(ends), SPAN]
            return [samples_of(await pages_of(client, "hrv", OURA.user_id, span, "oura")) for span in spans]

    *parts, whole = asyncio.run(ask())
    assert sorted({sample for part in parts for sample in part}) == whole


async def test_the_same_question_has_the_same_answer() -> None:
    """Byte for byte, from two servers of the same world."""
    answers = []
    for _ in range(2):
        async with running(FakeApi(WORLD)) as url, httpx.AsyncClient(headers=KEY) as client:
            path = f"/v2/summary/sleep/{OURA.user_id}?start_date=2026-11-01"
            answers.append((await client.get(url + path)).content)
    assert answers[0] == answers[1]
    assert b'"sleep":[{' in answers[0]


@pytest.mark.parametrize(
    ("path", "status", "loc"),
    [
        ("/v2/summary/sleep/not-a-uuid?start_date=2026-11-01", 422, ["path", "user_id"]),
        ("/v2/summary/sleep/{user}", 422, ["query", "start_date"]),
        ("/v2/summary/sleep/{user}?start_date=yesterday", 422, ["query", "start_date"]),
        ("/v2/summary/sleep_cycle/{user}?start_date=2026-11-01T10:00:00Z", 422, ["query", "start_date"]),
        ("/v2/timeseries/{user}/steps/grouped?start_date=2026-11-01&next_cursor=x", 422, ["query", "next_cursor"]),
        ("/v2/user?limit=501", 422, ["query", "limit"]),
        ("/v2/timeseries/workouts/x/stream", 422, ["path", "workout_id"]),
        ("/v2/summary/sleep/5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77?start_date=2026-11-01", 404, None),
        ("/v2/timeseries/{user}/weight/grouped?start_date=2026-11-01", 404, None),  # its name here is body_weight
        ("/v2/summary/workout_stream/{user}?start_date=2026-11-01", 404, None),
        ("/v2/timeseries/workouts/5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77/stream", 404, None),
        ("/v2/user/resolve/nobody", 404, None),
    ],
)
async def test_what_is_wrong_is_refused(path: str, status: int, loc: list[str] | None) -> None:
    """422 in FastAPI's shape names the parameter; what there is not is 404."""
    async with running(FakeApi(WORLD)) as url, httpx.AsyncClient(headers=KEY) as client:
        answer = await client.get(url + path.format(user=OURA.user_id))
    assert answer.status_code == status
    detail = answer.json()["detail"]
    assert detail if loc is None else [error["loc"] for error in detail] == [loc]


@pytest.mark.parametrize("headers", [{}, {"x-vital-api-key": "other"}, {"authorization": "Bearer fake-token-1"}])
async def test_without_the_key_there_is_nothing(headers: dict[str, str]) -> None:
    """401 for no key, another one, and a token that was never minted."""
    async with running(FakeApi(WORLD)) as url, httpx.AsyncClient(headers=headers) as client:
        assert (await client.get(f"{url}/v2/providers")).status_code == 401


async def test_access_tokens_live_for_a_while() -> None:
    """Minted with the management key, good until their end, minted anew by the client."""
    now = [0.0]
    api = FakeApi(WORLD, ApiOptions(token_s=60), clock=lambda: now[0])
    async with running(api) as url:
        keys = {"junction_api_key": "", "junction_management_key": "mg_fake", "junction_management_url": url}
        settings = settings_for(url, **keys, junction_org_id="o", junction_team_id="t")
        async with open_client(settings) as client:
            await client.providers()
            await client.providers()
            assert api.counts.minted == 1
            now[0] += 61
            with pytest.raises(NotAuthorized, match="just minted"):  # ours is younger by the real clock
                await client.providers()


def test_cursors_fit_their_question_only() -> None:
    """A cursor leads back to its place; with another question, or damaged, it is a 422."""
    cursor = cursor_of(Place(500, 2), "a")
    assert place_of(cursor, "a") == Place(500, 2)
    assert place_of("", "a") == place_of(None, "a") == Place()
    for damaged, question in ((cursor, "b"), (cursor[1:], "a"), ("é", "a"), ("====", "a")):
        with pytest.raises(Invalid):
            place_of(damaged, question)


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_a_cursor_or_a_422(cursor: str) -> None:
    """What is sent as a cursor leads somewhere within the answer, or is refused; nothing else happens."""
    try:
        assert place_of(cursor, "a").offset >= 0
    except Invalid:
        return


odd_dates = st.sampled_from(["2026-11-16", "2026-11-16T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31", "", "x"])
odd_params = st.fixed_dictionaries(
    {},
    optional={
        "start_date": odd_dates | st.text(max_size=12),
        "end_date": odd_dates | st.text(max_size=12),
        "provider": st.sampled_from(["", "oura", "labcorp"]) | st.text(max_size=5),
        "next_cursor": st.text(max_size=5) | st.just(base64.urlsafe_b64encode(b"[" * 5000).decode()),
        **dict.fromkeys(("limit", "offset", "user_limit"), st.integers(-2, 10**30).map(str)),
    },
)


@given(st.sampled_from(FakeApi(WORLD).app.routes), odd_params, st.sampled_from(["heartrate", "sleep", "profile", "x"]))
def test_odd_questions_have_few_outcomes(route: Any, params: dict[str, str], name: str) -> None:
    """Any parameters at any endpoint: an answer, 404 or 422."""
    ids = {"user_id": OURA.user_id, "resource": name, "api_name": name, "workout_id": OURA.user_id}
    path = re.sub(r"{(\w+)(?::path)?}", lambda part: ids.get(part[1], "x"), route.path)

    async def ask() -> int:
        transport = httpx.ASGITransport(app=FakeApi(WORLD).app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fake", headers=KEYS) as client:
            return (await client.get(path, params=params)).status_code

    assert asyncio.run(ask()) in {200, 404, 405, 422}


async def test_old_and_new_shapes_mean_the_same(right: list[Any]) -> None:
    """Before September 2026 sources had a name, a slug and a logo, and said less: the same samples and summaries."""
    for generation in (Generation.OLD, Generation.MIXED):
        async with fake(WORLD, ApiOptions(generation=generation)) as (_, client):
            assert samples_of(await pages_of(client, "heartrate", OURA.user_id, SPAN, "oura")) == right
            sleep = await client.page("sleep", OURA.user_id, SPAN)
        found = [decode(body) for body in bodies(sleep, OURA.user_id)]
        assert [one.source.provider for one in found] == ["oura"] * len(found)  # type: ignore[union-attr]  # because summaries have a source
        assert found
    old = FakeApi(WORLD, ApiOptions(generation=Generation.OLD))
    async with running(old) as url, httpx.AsyncClient(headers=KEY) as plain:
        path = f"{url}/v2/timeseries/{OURA.user_id}/heartrate/grouped?start_date=2026-11-16"
        assert "slug" in (await plain.get(path)).json()["groups"]["oura"][0]["source"]


QUICK_ONCE = RetryPolicy(tries=1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.INVALID, FailureReason.INVALID),
        (Fault.LIMITED, FailureReason.RATE_LIMITED),
        (Fault.LIMITED_WITH_WAIT, FailureReason.RATE_LIMITED),
        (Fault.UNAVAILABLE, FailureReason.SERVER_ERROR),
        (Fault.HUNG, FailureReason.TIMEOUT),
        (Fault.CUT, FailureReason.NETWORK),
        (Fault.TRUNCATED, FailureReason.NOT_JSON),
        (Fault.REPEATED_CURSOR, FailureReason.ENDLESS),
        (Fault.LOOPING_CURSOR, FailureReason.ENDLESS),
        (Fault.UNAUTHORIZED, FailureReason.UNAUTHORIZED),
    ],
)
async def test_each_fault_is_what_the_client_calls_it(fault: Fault, reason: FailureReason) -> None:
    """A fault on every request has its one outcome at the client."""
    api = FakeApi(WORLD, ApiOptions(faults={fault: 1.0}, hang_s=2.0, page_size=100))
    timeout_s = 0.5 if fault is Fault.HUNG else 60.0  # else a busy machine makes a timeout of any of them
    async with running(api) as url:
        settings = settings_for(url, junction_api_key="sk_us_fake", junction_timeout_s=timeout_s)
        async with open_client(settings, QUICK_ONCE) as client:
            with pytest.raises((TryLater, Refused, NotAuthorized)) as caught:
                await pages_of(client, "heartrate", OURA.user_id, SPAN, "oura")
    assert caught.value.reason is reason
    assert api.counts.faults[fault] == sum(api.counts.endpoints.values())


async def test_missing_can_be_made_up() -> None:
    """404 now and then: the client cannot tell it from nothing, and says that it was 404."""
    async with fake(WORLD, ApiOptions(faults={Fault.MISSING: 1.0})) as (_, client):
        assert (await client.page("sleep", OURA.user_id, SPAN)).is_missing


async def test_empty_pages_lead_on(right: list[Any]) -> None:
    """Pages without a row and with a cursor, three before each full one: the walk goes on, nothing is missing."""
    async with fake(WORLD, ApiOptions(faults={Fault.EMPTY_PAGE: 1.0}, page_size=100)) as (_, client):
        pages = await pages_of(client, "heartrate", OURA.user_id, SPAN, "oura")
    assert samples_of(pages) == right
    assert sum(page.rows == 0 for page in pages) > len(pages) / 2


async def test_data_that_change_between_pages_end_right(right: list[Any]) -> None:
    """Samples come twice, first with another value: the last word is the right one."""
    async with fake(WORLD, ApiOptions(faults={Fault.CHANGED_DATA: 1.0}, page_size=50)) as (_, client):
        found = samples_of(await pages_of(client, "heartrate", OURA.user_id, SPAN, "oura"))
    assert len(found) > len(right)
    assert dict(found) == dict(right)
    assert set(found) > set(right)


async def test_faults_now_and_then_cost_little(right: list[Any]) -> None:
    """A tenth of all answers is wrong in some way that may pass: the client gets all, and asks little more."""
    passing = (Fault.LIMITED, Fault.UNAVAILABLE, Fault.CUT, Fault.TRUNCATED)
    faults = dict.fromkeys(passing, 0.025)
    async with fake(WORLD, ApiOptions(faults=faults, page_size=20)) as (api, client):
        found = samples_of(await pages_of(client, "heartrate", OURA.user_id, SPAN, "oura"))
    counts = api.counts
    assert found == right
    assert counts.faults.total() > 0
    assert counts.again == 0
    assert counts.endpoints.total() == len(counts.answered) + counts.faults.total()


async def test_faults_are_repeatable() -> None:
    """The same seed and the same questions meet the same faults; another seed meets others."""

    async def met(seed: int) -> list[int]:
        options = ApiOptions(faults={Fault.UNAVAILABLE: 0.5}, seed=seed)
        async with running(FakeApi(WORLD, options)) as url, httpx.AsyncClient(headers=KEY) as client:
            return [(await client.get(f"{url}/v2/providers")).status_code for _ in range(30)]

    first = await met(1)
    assert set(first) == {200, 503}
    assert await met(1) == first
    assert await met(2) != first


async def test_a_limit_is_a_limit() -> None:
    """Above the limit a second: 429 with the time to wait; a client that keeps below it never meets it."""
    async with running(FakeApi(WORLD, ApiOptions(limit_per_s=5))) as url, httpx.AsyncClient(headers=KEY) as plain:
        answers = [await plain.get(f"{url}/v2/providers") for _ in range(20)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 10
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}


async def test_who_asked_for_what_is_told() -> None:
    """Figures by endpoint and user, over HTTP too, for callers in other processes."""
    async with fake(WORLD) as (api, client):
        await client.page("sleep", OURA.user_id, SPAN)
        await client.page("sleep", OURA.user_id, SPAN)
        await client.user(OURA.user_id)
        said = (await httpx.AsyncClient().get(client.base_url + "/fake/counts")).json()
    assert said == api.counts.summary() | {"peak_per_s": said["peak_per_s"]}
    assert said["endpoints"] == {"summary": 2, "user": 1}
    assert said["users"] == {OURA.user_id: 3}
    assert (said["requests"], said["answered"], said["again"]) == (3, 2, 1)


async def test_early_notices_come_before_the_data() -> None:
    """For a while after the first question there is nothing; then there is everything."""
    early = world(users=1, days=1, days_of_history=5, notices=Notices(early=1.0))
    now = [100.0]
    api = FakeApi(early, ApiOptions(early_for_s=5), clock=lambda: now[0])
    user_id = next(iter(early.people)).user_id
    async with running(api) as url, open_client(settings_for(url, junction_api_key="sk_us_fake")) as client:
        assert (await client.page("sleep", user_id, SPAN, "oura")).rows == 0
        assert (await client.page("steps", user_id, SPAN, "oura")).rows == 0
        now[0] += 4
        assert (await client.page("sleep", user_id, SPAN, "oura")).rows == 0
        now[0] += 1
        assert (await client.page("sleep", user_id, SPAN, "oura")).rows > 0


async def test_users_are_told() -> None:
    """By both ids, page by page, with their connections, the state of these, and their devices."""
    many = world(users=6)
    people = list(many.people)
    async with fake(many) as (_, client):
        found = await client.user(people[2].user_id)
        assert found is not None
        assert found == await client.resolve(people[2].client_user_id)
        assert found.providers == tuple(link.provider.slug for link in people[2].links)
        pages = [await client.users(offset, 4) for offset in (0, 4)]
        assert [one.user_id for page in pages for one in page.users] == [one.user_id for one in people]
        states = [(await client.user_providers(one.user_id))[0].status for one in people]
        assert states == ["connected"] * 4 + ["error", "connected"]  # the third one broke, and was mended
        assert [device.id for device in await client.devices(people[2].user_id)] == [people[2].links[0].device_id]


async def test_junctions_work_is_told() -> None:
    """Pulls and what was sent, user by user; a page without an entry leads on."""
    many = world(users=6, days_of_history=5, notices=Notices(failed=0.2))
    people = list(many.people)
    async with fake(many) as (_, client):
        every = [page async for page in iterate_pages(partial(client.historical_pulls, "", "", users_max=2))]
        entries = [entry for page in every for entry in page.data]
        assert [entry["user_id"] for entry in entries] == [one.user_id for one in people]
        links = [link for entry in entries for link in entry["provider"].values()]
        assert {pull["status"] for link in links for pull in link["pulled"].values()} == {"success", "failure"}
        sent = await client.resources(people[0].user_id, "oura")
        assert sent.data[0]["provider"]["oura"]["sleep"]["sent_count"] > 0
        few = [page async for page in iterate_pages(partial(client.historical_pulls, "", "withings", users_max=1))]
    assert any(not page.data for page in few[:-1])


async def test_a_stream_for_each_workout() -> None:
    """Workouts of providers that announce streams have one as long as they are; others have an empty one."""
    garmin = list(WORLD.people)[2]
    found = list(workouts_of(world(users=3, days=3, days_of_history=20), garmin))
    async with fake(world(users=3, days=3, days_of_history=20)) as (_, client):
        for id, _, span in found[:3]:
            stream = await client.workout_stream(id)
            assert stream is not None
            assert len(stream.times_s) == -(-span.duration_s // 10)
            assert stream.problems == []
            assert {"heartrate", "lat", "distance"} <= stream.columns.keys()
    assert len(found) > 5
    assert isinstance(found[0][2], Span)


def test_fault_words_are_checked() -> None:
    """`--fault NAME=SHARE`: unknown names and shares are a sentence with the names there are."""
    assert read_faults(["cut=0.1", "hung=0.2"]) == {Fault.CUT: 0.1, Fault.HUNG: 0.2}
    for words in (["sharks=0.1"], ["cut"], ["cut=x"], ["cut=1.1"], ["cut=-1"], ["cut=0.6", "hung=0.6"]):
        with pytest.raises(Misconfigured):
            read_faults(words)
