"""The fake Management API over real HTTP. Its answers are held against the published description where there is one."""

import base64

import httpx
import pytest

from streams.simulator.management.options import ManagementOptions
from streams.simulator.management.trouble import Mishap
from tests.simulator.management.fakes import SECRET, Hand, management


async def test_a_webhook_is_what_was_asked_for_and_changes_by_field() -> None:
    """What is created is read back, and a PATCH touches what it names alone."""
    async with management() as hand:
        made = await hand.make(description="one", filter_types=["labtest.order.created", "daily.data.sleep.created"])
        path = f"/webhook/{made['id']}"
        assert (await hand.call("GET", path)).json() == made
        assert (made["rate_limit"], made["disabled"], made["url"]) == (
            None,
            False,
            "https://ingest.example.org/junction",
        )
        changed = (await hand.call("PATCH", path, {"rate_limit": 200})).json()
        assert {**changed, "updated_at": ""} == {**made, "rate_limit": 200, "updated_at": ""}
        cleared = (await hand.call("PATCH", path, {"rate_limit": None, "filter_types": None, "url": None})).json()
        assert (cleared["rate_limit"], cleared["filter_types"], cleared["url"]) == (None, None, made["url"])
        assert (await hand.call("DELETE", path)).status_code == 204
        assert (await hand.call("GET", path)).status_code == 404


async def test_null_may_change_nothing() -> None:
    """Nobody says whether Junction takes null in a PATCH for "none" or for "as it is": the fake can be both."""
    async with management(ManagementOptions(null_clears=False)) as hand:
        made = await hand.make(rate_limit=5)
        changed = (await hand.call("PATCH", f"/webhook/{made['id']}", {"rate_limit": None})).json()
        assert changed["rate_limit"] == 5


async def test_the_list_has_pages() -> None:
    """Every webhook once, and then no cursor."""
    async with management() as hand:
        ids = sorted([(await hand.make())["id"] for _ in range(5)])
        found, cursor = [], ""
        while cursor is not None:
            page = (await hand.call("GET", f"/webhook?limit=2{cursor and '&next_cursor='}{cursor}")).json()
            found += [row["id"] for row in page["data"]]
            cursor = page["next_cursor"]
        assert found == ids
        for wrong in ("limit=0", "limit=251", "limit=x", "next_cursor=ep_gone"):
            assert (await hand.call("GET", f"/webhook?{wrong}")).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "ftp://ingest.example.org"),
        ("url", 5),
        ("description", "a\x01b"),
        ("rate_limit", 0),
        ("rate_limit", 65_536),
        ("rate_limit", "many"),
        ("disabled", "no"),
        ("filter_types", []),
        ("filter_types", ["daily.data.sleep.created", "daily.data.sleep.crated"]),
        ("secret", "whsec_short"),
        ("secret", "whsec_" + "A" * 101),
        ("secret", "whsec_" + "%" * 40),
        ("team", "unknown field"),
    ],
)
async def test_what_svix_refuses_is_a_422_that_echoes(field: str, value: object) -> None:
    """Nothing is made, and the refusal has what was sent."""
    async with management() as hand:
        answer = await hand.call("POST", "/webhook", {"url": "https://ingest.example.org/", field: value})
        assert answer.status_code == 422
        row = answer.json()["detail"][0]
        assert row["loc"] == ["body", field]
        assert row["input"] in (value, {"url": "https://ingest.example.org/", field: value})
        assert (await hand.call("GET", "/webhook")).json()["data"] == []


async def test_unknown_types_are_named() -> None:
    """As Svix names them: a caller may go on without."""
    async with management() as hand:
        types = ["daily.data.aura.created", "daily.data.sleep.created", "labtest.order.lost"]
        answer = await hand.call("POST", "/webhook", {"url": "https://ingest.example.org/", "filter_types": types})
        expected = "The following event types don't exist: daily.data.aura.created, labtest.order.lost"
        assert answer.json()["detail"][0]["msg"] == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "mine"},
        {"Content-Type": "text/plain"},
        {"X-Amzn-Trace-Id": "1"},
        {"svix-id": "msg_1"},
        {"a b": "1"},
        {"x-long": "x" * 4097},
        {"x-line": "a\nb"},
        {"x-number": 5},
    ],
    ids=str,
)
async def test_forbidden_headers_are_refused(headers: dict[str, str]) -> None:
    """Names, prefixes, length and form; what stood there stays."""
    async with management() as hand:
        path = f"/webhook/{(await hand.make())['id']}/headers"
        assert (await hand.call("PUT", path, {"headers": {"X-Env": "prod"}})).status_code == 204
        assert (await hand.call("PUT", path, {"headers": headers})).status_code == 422
        assert (await hand.call("GET", path)).json() == {"headers": {"X-Env": "prod"}, "sensitive": []}


async def test_sensitive_headers_are_named_and_not_shown() -> None:
    """Their values cannot be read back."""
    async with management() as hand:
        path = f"/webhook/{(await hand.make())['id']}/headers"
        await hand.call("PUT", path, {"headers": {"X-Env": "prod", "Authorization": "Bearer a", "X-Api-Key": "b"}})
        shown = (await hand.call("GET", path)).json()
        assert shown == {"headers": {"X-Env": "prod"}, "sensitive": ["Authorization", "X-Api-Key"]}


async def test_an_old_secret_signs_for_a_day() -> None:
    """The day is as short as all of Svix's waits are made."""
    now_s = [1_800_000_000.0]
    async with management(ManagementOptions(compress=24), clock=lambda: now_s[0]) as hand:
        made = await hand.make(secret=SECRET)
        path = f"/webhook/{made['id']}/secret"
        endpoint = next(iter(hand.fake.state.apps.values())).endpoints[made["id"]]
        assert (await hand.call("GET", path)).json() == {"key": SECRET}
        assert (await hand.call("POST", f"{path}/rotate", {})).status_code == 204
        fresh = (await hand.call("GET", path)).json()["key"]
        assert endpoint.live_secrets(now_s[0]) == [fresh, SECRET]
        assert len(endpoint.signed("msg_1", now_s[0], b"{}")["svix-signature"].split(" ")) == 2
        now_s[0] += 3600
        assert endpoint.live_secrets(now_s[0]) == [fresh]


async def test_a_repeated_rotation_pushes_the_same_secret_to_the_old_ones() -> None:
    """Svix compares nothing: with a second answer that was lost, the oldest of eleven would be one's own twice."""
    async with management() as hand:
        made = await hand.make(secret=SECRET)
        path = f"/webhook/{made['id']}/secret/rotate"
        key = "whsec_" + base64.b64encode(bytes(32)).decode()
        for _ in range(2):
            await hand.call("POST", path, {"key": key})
        endpoint = next(iter(hand.fake.state.apps.values())).endpoints[made["id"]]
        assert [old.key for old in endpoint.old] == [SECRET, key]
        assert endpoint.secret == key


async def test_the_eleventh_rotation_of_a_day_is_refused() -> None:
    """Ten old secrets at most; the one of today stays."""
    async with management() as hand:
        path = f"/webhook/{(await hand.make())['id']}/secret"
        for _ in range(10):
            assert (await hand.call("POST", f"{path}/rotate", {})).status_code == 204
        before = (await hand.call("GET", path)).json()
        refused = await hand.call("POST", f"{path}/rotate", {})
        assert (refused.status_code, refused.json()["code"]) == (400, "limit_reached")
        assert (await hand.call("GET", path)).json() == before
        assert (await hand.call("POST", f"{path}/rotate", {"key": "whsec_bad"})).status_code == 422


async def test_only_the_management_key_opens() -> None:
    """A team's key is refused, and so is none."""
    async with management() as hand:
        for key in ("sk_us_fake", ""):
            assert (await hand.call("GET", "/webhook", key=key)).status_code == 401


@pytest.mark.parametrize(
    ("mishap", "status"), [(Mishap.UNAUTHORIZED, 401), (Mishap.LIMITED, 429), (Mishap.BROKEN, 500)]
)
async def test_a_refused_call_has_no_effect(mishap: Mishap, status: int) -> None:
    """Once; the next one has."""
    async with management() as hand:
        hand.fake.trouble.expect(mishap, "POST", "/webhook")
        assert (await hand.call("POST", "/webhook", {"url": "https://a.example.org"})).status_code == status
        assert (await hand.call("GET", "/webhook")).json()["data"] == []
        await hand.make()


async def test_a_lost_answer_has_its_effect() -> None:
    """The webhook is there, and nobody was told."""
    async with management() as hand:
        hand.fake.trouble.expect(Mishap.LOST, "POST", "/webhook")
        with pytest.raises(httpx.RemoteProtocolError):
            await hand.make()
        assert len((await hand.call("GET", "/webhook")).json()["data"]) == 1


async def test_a_cursor_can_lead_in_circles() -> None:
    """The next page is the first one."""
    async with management() as hand:
        made = await hand.make()
        hand.fake.trouble.expect(Mishap.CIRCLE, "GET", "/webhook", times=2)
        for query in ("", f"?next_cursor={made['id']}"):
            assert (await hand.call("GET", f"/webhook{query}")).json()["next_cursor"] == made["id"]


async def test_somebody_edits_between_two_calls() -> None:
    """After the first answer, and before the second."""
    async with management() as hand:
        made = await hand.make()
        await _edits(hand, made["id"])
        assert (await hand.call("GET", f"/webhook/{made['id']}")).json()["rate_limit"] is None
        assert (await hand.call("GET", f"/webhook/{made['id']}")).json()["rate_limit"] == 7


async def _edits(hand: Hand, id: str) -> None:
    app = next(iter(hand.fake.state.apps.values()))
    hand.fake.trouble.after(lambda: hand.fake.state.change(app.endpoint(id), {"rate_limit": 7}), "GET", id)


@pytest.mark.parametrize("interval", ["5m", "15m", "1h", "1d"])
async def test_the_metric_is_there(interval: str) -> None:
    """With nothing in it before anything was sent."""
    async with management() as hand:
        answer = (await hand.call("GET", f"/event_delivery_metric?interval={interval}")).json()
        assert answer == {"status": "success", "data": {"resultType": "matrix", "result": []}}
        assert (await hand.call("GET", "/event_delivery_metric?interval=2h")).status_code == 422
