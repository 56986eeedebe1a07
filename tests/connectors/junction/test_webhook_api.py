"""The Management API for webhooks: each call as it is published, what is tried once, and no secret in sight."""

import json
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.junction.failures import Refused
from connectors.junction.management import BadValue, NotThere
from connectors.junction.retry_policy import RetryPolicy
from connectors.junction.webhook_api import TeamPlace, WebhookApi, open_webhooks
from streams.ops.errors import Misconfigured, StreamsError, Unavailable
from streams.simulator.management.trouble import Mishap
from tests.connectors.junction.pipelines import MARKER, ORG, TEAM, managing, published
from tests.connectors.junction.scripted import Scripted, http, scripted
from tests.simulator.management.fakes import SECRET, Hand, management

QUICK = RetryPolicy(tries=3, wait_first_s=0.001, wait_max_s=0.01)
PLACE = TeamPlace(ORG, TEAM, "production")
ROW = {"id": "ep_1", "url": "https://a.example.org", "created_at": "x", "updated_at": "y"}


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[WebhookApi, Hand]]:
    async with management() as hand, open_webhooks(managing(hand.url), PLACE, QUICK) as api:
        yield api, hand


@asynccontextmanager
async def answered(*answers: bytes) -> AsyncIterator[tuple[WebhookApi, Scripted]]:
    async with scripted(*answers) as server, open_webhooks(managing(server.url), PLACE, QUICK) as api:
        yield api, server


async def test_each_call_against_the_fake() -> None:
    """Made, read, changed, its headers and its secret, deleted; what is hidden is named, and no more."""
    async with opened() as (api, _):
        made = await api.create(
            url="https://a.example.org/x",
            description="d",
            rate_limit=7,
            filter_types=("labtest.order.created",),
            secret=SecretStr(SECRET),
        )
        assert (await api.get(made.id), await api.list()) == (made, (made,))
        assert (await api.secret(made.id)).get_secret_value() == SECRET
        patched = await api.patch(made.id, rate_limit=None, filter_types=None, is_disabled=True)
        assert (patched.rate_limit, patched.filter_types, patched.is_disabled) == (None, None, True)
        assert (patched.url, patched.description) == (made.url, made.description)
        await api.put_headers(made.id, {"X-Env": SecretStr("prod"), "Authorization": SecretStr(MARKER)})
        headers = await api.headers(made.id)
        assert ({name: one.get_secret_value() for name, one in headers.values.items()}) == {"X-Env": "prod"}
        assert headers.hidden == {"Authorization"}
        new = SecretStr("whsec_" + "B" * 32)
        await api.rotate(made.id, new)
        assert await api.secret(made.id) == new
        assert (await api.delivery_metric("1d"))["status"] == "success"
        await api.delete(made.id)
        await api.delete(made.id)
        assert await api.list() == ()
        with pytest.raises(NotThere, match=r"\[team\] of webhooks\.toml"):
            await api.get(made.id)


async def test_the_bodies_are_the_published_ones() -> None:
    """With every field, and with none that is not needed."""
    async with answered(http(200, json.dumps(ROW).encode())) as (api, server):
        for secret in (None, SecretStr(SECRET)):
            await api.create(url="https://a", description="", rate_limit=None, filter_types=None, secret=secret)
        await api.patch("ep_1", url="https://a", description="", rate_limit=1, filter_types=("a",), is_disabled=False)
    async with answered(http(204, b"")) as (api, more):
        await api.put_headers("ep_1", {"A": SecretStr("b")})
        await api.rotate("ep_1", SecretStr(SECRET))
    names = ["CreateWebhookBody", "CreateWebhookBody", "PatchWebhookBody", "UpdateWebhookHeadersBody"]
    sent = [*server.requests, *more.requests]
    assert [one.target.partition(TEAM)[2] for one in sent] == [
        *["/production/webhook"] * 2,
        "/production/webhook/ep_1",
        "/production/webhook/ep_1/headers",
        "/production/webhook/ep_1/secret/rotate",
    ]
    for name, request in zip([*names, "RotateWebhookSecretBody"], sent, strict=True):
        published(name).validate(json.loads(request.body))
    assert "secret" not in json.loads(server.requests[0].body)


async def test_what_would_happen_twice_is_tried_once() -> None:
    """Creating and rotating: a 500, a 429 or a lost answer is handed to the caller, who looks first."""
    async with opened() as (api, hand):
        made = await api.create(url="https://a.example.org", description="", rate_limit=None, filter_types=None)
        for mishap in (Mishap.LOST, Mishap.BROKEN, Mishap.LIMITED):
            hand.fake.trouble.expect(mishap, "POST", "/rotate", times=9)
            before = len(hand.fake.trouble.met)
            with pytest.raises(Unavailable):
                await api.rotate(made.id, SecretStr(SECRET))
            assert len(hand.fake.trouble.met) == before + 1
            hand.fake.trouble._expected.clear()
        hand.fake.trouble.expect(Mishap.LOST, "POST", times=9)
        with pytest.raises(Unavailable, match="What Junction kept is not known"):
            await api.create(url="https://b.example.org", description="", rate_limit=None, filter_types=None)
        assert len(await api.list()) == 2


async def test_what_may_be_repeated_is() -> None:
    """Reading, patching, headers, deleting: a lost answer is no error."""
    async with opened() as (api, hand):
        made = await api.create(url="https://a.example.org", description="", rate_limit=None, filter_types=None)
        for method in ("GET", "PATCH", "PUT", "DELETE"):
            hand.fake.trouble.expect(Mishap.LOST, method)
        await api.list()
        await api.patch(made.id, rate_limit=3)
        await api.put_headers(made.id, {})
        await api.delete(made.id)
        assert len(hand.fake.trouble.met) == 4


async def test_all_pages_are_read(tmp_path: Path) -> None:
    """Each webhook once, whatever the pages; in a circle they are refused."""
    pages = [
        {"data": [{**ROW, "id": f"ep_{n}"}], "next_cursor": cursor} for n, cursor in ((1, "a"), (2, "b"), (2, None))
    ]
    async with answered(*(http(200, json.dumps(page).encode()) for page in pages)) as (api, server):
        assert [one.id for one in await api.list()] == ["ep_1", "ep_2"]
        assert ["next_cursor" in one.target for one in server.requests] == [False, True, True]
    async with answered(*(http(200, json.dumps(page).encode()) for page in pages[:2])) as (api, _):
        with pytest.raises(Refused, match="endless"):
            await api.list()


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (422, {"detail": [{"loc": ["body", "filter_types"], "msg": MARKER}]}, BadValue, "HTTP 422, body.filter_types)"),
        (422, {"detail": [{"loc": ["body", MARKER], "msg": MARKER}]}, BadValue, "HTTP 422)"),
        (400, {"code": "limit_reached", "detail": MARKER}, BadValue, "HTTP 400"),
        (403, {}, Misconfigured, "Management API is enabled for you"),
        (404, {}, NotThere, "[team] of webhooks.toml"),
        (409, {}, Unavailable, "changing this team"),
        (200, {"id": 3}, Refused, "bad_shape"),
        (200, [], Refused, "bad_shape"),
        (302, {}, Refused, "STREAMS_JUNCTION_MANAGEMENT_URL"),
    ],
)
async def test_each_refusal_is_a_sentence(status: int, body: object, kind: type[StreamsError], words: str) -> None:
    """What Junction echoes is not told, whatever it echoes."""
    async with answered(http(status, json.dumps(body).encode())) as (api, _):
        with pytest.raises(kind) as caught:
            await api.create(
                url="https://a", description="", rate_limit=None, filter_types=None, secret=SecretStr(f"whsec_{MARKER}")
            )
    assert words in str(caught.value)
    assert MARKER not in "".join(traceback.format_exception(caught.value))


async def test_an_empty_filter_is_none() -> None:
    """Svix refuses an empty one, so a list without a type is the filter that lets all in; what is absent is, too."""
    rows = [ROW, {**ROW, "filter_types": []}, {**ROW, "filter_types": None, "disabled": None, "description": None}]
    async with answered(*(http(200, json.dumps(row).encode()) for row in rows)) as (api, _):
        found = [await api.get("ep_1") for _ in rows]
    assert {(one.filter_types, one.is_disabled, one.description) for one in found} == {(None, False, "")}


@pytest.mark.parametrize("id", ["", "..", "../x"])
async def test_an_id_is_one_part_of_a_path(id: str) -> None:
    """One that would lead elsewhere is refused, or is percent-encoded; nothing else is asked for."""
    async with answered(http(404)) as (api, server):
        with pytest.raises(StreamsError):
            await api.get(id)
    assert all(one.target.endswith("/webhook/..%2Fx") for one in server.requests)
