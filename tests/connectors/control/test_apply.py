"""Junction is made as the file says, once, whatever happens on the way."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.control import plan_file, signing_secret, tag
from connectors.control.adopt import adopt
from connectors.control.apply import Allowed, unknown_types
from connectors.control.compare import FieldChange
from connectors.control.plan import Action, Flag
from connectors.junction.failures import NotAuthorized, Refused
from connectors.junction.webhook_api import TeamPlace, open_webhooks
from streams.events.documented import types_of_today
from streams.ops.errors import Misconfigured, Unavailable
from streams.simulator.management.options import ManagementOptions
from streams.simulator.management.trouble import Mishap
from tests.connectors.control.files import ORG, TEAM, URL, parsed
from tests.connectors.control.managed import QUICK, managed
from tests.connectors.junction.pipelines import managing

HEADERS = 'headers = { "X-Env" = "prod", "Authorization" = { env = "INGEST_TOKEN" } }'
TOKEN = "pLanted0-t0ken"
FULL = (HEADERS, "rate_limit = 200", 'events = ["*", "!labtest.*"]')


async def test_an_endpoint_is_made_once(tmp_path: Path) -> None:
    """All fields, our secret, our tag, enabled at the end; then nothing is to be done, and nothing is sent."""
    async with managed(tmp_path) as here:
        file = here.wanted(*FULL, INGEST_TOKEN=TOKEN)
        (done,) = await here.apply(file)
        assert done.is_right
        assert here.proved == [URL]
        (made,) = here.endpoints.values()
        assert (made.url, made.rate_limit, made.is_disabled) == (URL, 200, False)
        assert made.filter_types == file.endpoint("junction").filter_types
        assert made.headers == {"X-Env": "prod", "Authorization": TOKEN}
        assert tag.of(made.description) == "junction"
        assert made.secret == (tmp_path / "junction.secret").read_text().strip()
        sent = here.calls
        assert (await here.plan(file)).is_empty
        assert [one.did for one in await here.apply(file)] == [[]]
        assert here.calls == sent


async def test_one_with_headers_is_enabled_when_they_are_there(tmp_path: Path) -> None:
    """Until then nothing is sent to it: without X-Env an event would go the wrong way, and be answered 2xx."""
    seen = []
    async with managed(tmp_path) as here:
        here.fake.trouble.after(lambda: seen.append([one.is_disabled for one in here.endpoints.values()]), "POST")
        here.fake.trouble.after(lambda: seen.append([one.is_disabled for one in here.endpoints.values()]), "PUT")
        await here.apply(here.wanted(*FULL, INGEST_TOKEN=TOKEN))
        assert seen == [[True], [True]]
        assert [one.is_disabled for one in here.endpoints.values()] == [False]


STATES = st.fixed_dictionaries(
    {
        "rate_limit": st.none() | st.integers(1, 65_535),
        "events": st.none() | st.lists(st.sampled_from(types_of_today()), min_size=1, max_size=4, unique=True),
        "enabled": st.booleans(),
        "headers": st.dictionaries(st.sampled_from(["X-Env", "X-Team"]), st.sampled_from("abc")),
        "url": st.sampled_from(["https://a.example.org/x", "https://b.example.org/x"]),
    }
)


def lines(state: dict[str, object]) -> list[str]:
    """Keys of an endpoint in TOML."""
    headers = ", ".join(f'"{name}" = "{value}"' for name, value in state["headers"].items())
    return [
        *([f"rate_limit = {state['rate_limit']}"] if state["rate_limit"] else []),
        *([f"events = {json.dumps(state['events'])}"] if state["events"] else []),
        f"enabled = {json.dumps(state['enabled'])}",
        f"headers = {{ {headers} }}",
    ]


@given(st.lists(STATES, min_size=2, max_size=2))
@settings(deadline=None, max_examples=25)
async def test_after_apply_the_plan_is_empty(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, object]]
) -> None:
    """From any state to any other; a plan is empty just when nothing differs."""
    async with managed(tmp_path_factory.mktemp("any")) as here:
        first, second = (here.wanted(*lines(one), url=str(one["url"])) for one in states)
        allowed = Allowed(frozenset(Flag))
        assert all(one.is_right for one in await here.apply(first, allowed))
        assert (await here.plan(first)).is_empty
        alike = [{**one, "events": one["events"] and sorted(one["events"])} for one in states]
        assert (await here.plan(second)).is_empty == (alike[0] == alike[1])
        assert all(one.is_right for one in await here.apply(second, allowed))
        assert (await here.plan(second)).is_empty
        assert len(here.endpoints) == 1


async def test_only_fields_that_differ_are_sent(tmp_path: Path) -> None:
    """What somebody changes elsewhere meanwhile stays: nothing is sent that need not be."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted(*FULL, INGEST_TOKEN=TOKEN))
        before = here.calls
        file = here.wanted(HEADERS, "rate_limit = 9", 'events = ["*", "!labtest.*"]', INGEST_TOKEN=TOKEN)
        (planned,) = (await here.plan(file)).endpoints
        assert planned.changes == (FieldChange("rate_limit", 200, 9),)
        (made,) = here.endpoints.values()
        here.fake.trouble.after(lambda: setattr(made, "url", "https://b.example.org"), "GET", "/headers")
        (done,) = await here.apply(file)
        assert (made.rate_limit, made.url) == (9, "https://b.example.org")
        assert here.calls == {**before, "patch": before["patch"] + 1}
        assert [change.field for change in done.still] == ["url"]


async def test_an_answer_that_was_lost_makes_no_second_endpoint(tmp_path: Path) -> None:
    """After the effect, for each call that changes something: the tag is looked up before it is tried again."""
    async with managed(tmp_path) as here:
        for method in ("POST", "PUT", "PATCH"):
            here.fake.trouble.expect(Mishap.LOST, method)
        (done,) = await here.apply(here.wanted(*FULL, INGEST_TOKEN=TOKEN))
        assert done.is_right
        assert any("found again by its tag" in one for one in done.did)
        assert len(here.endpoints) == 1
        assert len(here.fake.trouble.met) == 3


async def test_a_refusal_without_effect_is_tried_again(tmp_path: Path) -> None:
    """429 and 500 on creating: one endpoint, in the end."""
    async with managed(tmp_path) as here:
        here.fake.trouble.expect(Mishap.BROKEN, "POST")
        here.fake.trouble.expect(Mishap.BROKEN, "POST")
        (done,) = await here.apply(here.wanted())
        assert done.is_right
        assert len(here.endpoints) == 1
        here.fake.trouble.expect(Mishap.BROKEN, "POST", times=3)
        with pytest.raises(Unavailable, match="run it again"):
            await here.apply(here.wanted(name="other", url="https://b.example.org"), Allowed(frozenset(Flag)))
        assert len(here.endpoints) == 1


async def test_a_lost_answer_of_an_endpoint_that_had_one(tmp_path: Path) -> None:
    """Deleting: 404 on the second try is what was wanted."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted())
        here.fake.trouble.expect(Mishap.LOST, "DELETE")
        done = await here.apply(parsed(""), Allowed(frozenset(Flag)))
        assert [one.is_right for one in done] == [True]
        assert not here.endpoints


async def test_somebody_who_edits_between_plan_and_apply(tmp_path: Path) -> None:
    """Refused with the field, and nothing is sent; also where only Junction's own time of the change differs."""
    path = tmp_path / "webhooks.plan"
    async with managed(tmp_path) as here:
        await here.apply(here.wanted())
        file = here.wanted("rate_limit = 9")
        plan_file.write(await here.plan(file), path)
        assert path.stat().st_mode & 0o777 == 0o600
        (made,) = here.endpoints.values()
        before, kept = here.calls, made.updated_s
        made.updated_s += 1
        with pytest.raises(Misconfigured, match=r"junction: somebody changed it since"):
            await here.apply(file, planned=path)
        made.url = "https://elsewhere.example.org/?token=pLanted0"
        with pytest.raises(Misconfigured, match=r"junction: url is not what it was") as caught:
            await here.apply(file, planned=path)
        assert "pLanted0" not in str(caught.value)
        assert here.calls == before
        made.url, made.updated_s = URL, kept
        assert [one.is_right for one in await here.apply(file, planned=path)] == [True]
        with pytest.raises(Misconfigured, match="rate_limit is not what it was"):
            await here.apply(file, planned=path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1, "team": ["a"], "endpoints": [3]}', "[" * 9000])
async def test_a_plan_that_is_none(tmp_path: Path, content: str) -> None:
    """The command that makes one is named."""
    path = tmp_path / "webhooks.plan"
    path.write_text(content)
    async with managed(tmp_path) as here:
        with pytest.raises(Misconfigured, match="webhooks plan --out"):
            await here.apply(here.wanted(), planned=path)
        with pytest.raises(Misconfigured, match="cannot read"):
            await here.apply(here.wanted(), planned=tmp_path / "none")
        assert not here.calls


async def test_no_secret_is_in_a_plan(tmp_path: Path) -> None:
    """Not ours, not Junction's: values of headers, a token in a URL, the signing secret; also where all differ."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted(*FULL, INGEST_TOKEN=TOKEN))
        (made,) = here.endpoints.values()
        made.headers = {"X-Env": "pLanted0-a", "Authorization": "pLanted0-b", "X-Old": "pLanted0-c"}
        made.url = "https://pLanted0:pLanted0@b.example.org/x?key=pLanted0"
        plan = await here.plan(here.wanted(*FULL, INGEST_TOKEN=TOKEN), resend_headers=True)
        plan_file.write(plan, tmp_path / "webhooks.plan")
        written = (tmp_path / "webhooks.plan").read_text() + repr(plan.endpoints)
        assert "pLanted0" not in written
        assert made.secret.removeprefix("whsec_") not in written
        shown = [str(change) for change in plan.endpoints[0].changes]
        assert shown == [
            f"url: https://b.example.org/x?*** → {URL}",
            "headers.X-Env: another value → prod",
            "headers.X-Old: some value → absent",
            "headers.Authorization: hidden → a secret value",
        ]


async def test_hidden_headers_are_compared_by_name(tmp_path: Path) -> None:
    """The plan says so; a new value goes with the flag alone."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted(HEADERS, INGEST_TOKEN=TOKEN))
        file = here.wanted(HEADERS, INGEST_TOKEN="an0ther")
        (planned,) = (await here.plan(file)).endpoints
        assert planned.action is Action.NOTHING
        assert any("Authorization: Junction hides the value" in note for note in planned.notes)
        await here.apply(file, Allowed(resend_headers=True))
        assert [one.headers["Authorization"] for one in here.endpoints.values()] == ["an0ther"]


async def test_others_are_never_touched(tmp_path: Path) -> None:
    """An endpoint without our tag is listed; adopted, it is ours, and what differs is changed."""
    async with managed(tmp_path) as here:
        theirs = await here.api.create(
            url="https://old.example.org", description="by hand", rate_limit=3, filter_types=None
        )
        plan = await here.plan(here.wanted())
        assert [one.id for one in plan.others] == [theirs.id]
        assert [one.action for one in plan.endpoints] == [Action.CREATE]
        assert await adopt(here.api, theirs.id, "junction")
        assert not await adopt(here.api, theirs.id, "junction")
        assert here.endpoints[theirs.id].description == "by hand [junction-streams:junction]"
        (done,) = await here.apply(here.wanted())
        assert done.is_right
        assert (here.endpoints[theirs.id].url, here.endpoints[theirs.id].rate_limit) == (URL, None)
        assert len(here.endpoints) == 1
        with pytest.raises(Misconfigured, match=f"{theirs.id} is \\[junction-streams:junction\\]"):
            await adopt(here.api, theirs.id, "other")
        with pytest.raises(Misconfigured, match=f"there are: {theirs.id}"):
            await adopt(here.api, "ep_none", "other")
        second = await here.api.create(url="https://x.example.org", description="", rate_limit=None, filter_types=None)
        with pytest.raises(Misconfigured, match=f"{theirs.id} .* already"):
            await adopt(here.api, second.id, "junction")


async def test_two_with_one_tag_are_refused(tmp_path: Path) -> None:
    """Both named, nothing sent."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted())
        twin = await here.api.create(
            url="https://b.example.org", description="[junction-streams:junction]", rate_limit=None, filter_types=None
        )
        before = here.calls
        (first, _) = here.endpoints
        with pytest.raises(Misconfigured) as caught:
            await here.apply(here.wanted("rate_limit = 9"))
        assert {first, twin.id} <= set(str(caught.value).replace(".", " ").split())
        assert here.calls == before


async def test_nothing_is_lost_without_its_flag(tmp_path: Path) -> None:
    """Deleting, and disabling the last one: left and told; with the flags, done."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted())
        off, none = here.wanted("enabled = false"), parsed("")
        assert [one.needs for one in (await here.plan(off)).endpoints] == [(Flag.DISABLE_LAST,)]
        assert [one.needs for one in (await here.plan(none)).endpoints] == [(Flag.DELETE, Flag.DISABLE_LAST)]
        for file, flag in ((off, "--disable-last"), (none, "--delete")):
            (left,) = await here.apply(file)
            assert flag in left.left
            assert not left.is_right
        assert [one.is_disabled for one in here.endpoints.values()] == [False]
        await here.api.create(url="https://b.example.org", description="by hand", rate_limit=None, filter_types=None)
        assert [one.needs for one in (await here.plan(off)).endpoints] == [()]
        assert [one.needs for one in (await here.plan(none)).endpoints] == [(Flag.DELETE,)]
        (done,) = await here.apply(none, Allowed(frozenset({Flag.DELETE})))
        assert done.is_right
        assert [one.description for one in here.endpoints.values()] == ["by hand"]


async def test_a_url_that_fails_its_probe(tmp_path: Path) -> None:
    """Junction is not told of it: not for a new endpoint, not for one that is there; other fields of others are."""
    async with managed(tmp_path) as here:
        here.trouble = "no answer"
        (left,) = await here.apply(here.wanted())
        assert "no answer" in left.left
        assert not here.endpoints
        here.trouble = ""
        await here.apply(here.wanted())
        here.trouble = "no answer"
        (left,) = await here.apply(here.wanted(url="https://b.example.org/x"))
        assert "--despite-probe" in left.left
        assert [one.url for one in here.endpoints.values()] == [URL]
        (done,) = await here.apply(here.wanted("rate_limit = 9"))
        assert done.is_right
        (done,) = await here.apply(
            here.wanted("rate_limit = 9", url="https://b.example.org/x"), Allowed(despite_probe=True)
        )
        assert done.is_right
        assert any("not proved: the probe of its URL failed: no answer" in one for one in done.did)


async def test_a_new_url_is_proved_with_what_junction_signs(tmp_path: Path) -> None:
    """Whoever adopted one may have another: by ours the gateway would look well, and refuse what comes."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted())
        (made,) = here.endpoints.values()
        made.secret = signing_secret.make().get_secret_value()
        await here.apply(here.wanted(url="https://b.example.org/x"))
        assert here.signed[-1] == made.secret


async def test_without_a_secret_nothing_is_proved(tmp_path: Path) -> None:
    """No secret_file: the same flag is needed, and Junction makes the secret."""
    async with managed(tmp_path) as here:
        file = parsed(f'[endpoint.a]\nurl = "{URL}"\n')
        (left,) = await here.apply(file)
        assert "no secret_file" in left.left
        (done,) = await here.apply(file, Allowed(despite_probe=True))
        assert done.is_right


async def test_a_secret_that_others_can_read(tmp_path: Path) -> None:
    """Refused before Junction is called."""
    async with managed(tmp_path) as here:
        file = here.wanted()
        (tmp_path / "junction.secret").write_text("whsec_tooshort\n")
        with pytest.raises(Misconfigured, match="32 to 100 characters"):
            await here.apply(file)
        assert not here.calls


async def test_a_type_that_junction_does_not_know(tmp_path: Path) -> None:
    """Its 422 in our words, nothing made; with the flag the rest, and what to write into the file. Changing, too."""
    known = frozenset(types_of_today()) - {"checkout.quote.created", "labtest.order_tracking.updated"}
    async with managed(tmp_path, options=ManagementOptions(known_types=known)) as here:
        await here.apply(here.wanted())
        for file in (
            here.wanted('events = ["*"]'),
            here.wanted('events = ["*"]', name="b", url="https://b.example.org"),
        ):
            with pytest.raises(Misconfigured) as caught:
                await here.apply(file)
            said = str(caught.value)
            assert "does not know these event types" in said
            assert '"!checkout.quote.created", "!labtest.order_tracking.updated"' in said
            assert len(here.endpoints) == 1
        done = await here.apply(here.wanted('events = ["*"]'), Allowed(skip_unknown=True))
        assert [one.is_right for one in done] == [True]
        assert [set(one.filter_types or ()) for one in here.endpoints.values()] == [known]


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"loc": ["body", "filter_types"], "msg": "The following event types don't exist: a.b, c.d."}]},
        {
            "detail": [
                {"loc": ["body", "filter_types", 0], "msg": "x"},
                {"loc": ["body", "filter_types", 2], "msg": "y"},
            ]
        },
        {"detail": "unknown: a.b and c.d."},
    ],
)
def test_unknown_types_of_an_answer(body: object) -> None:
    """By name or by place; whole names only, and only those that were sent."""
    assert unknown_types(json.dumps(body).encode(), ("a.b", "a.b.c", "c.d")) == {"a.b", "c.d"}
    assert unknown_types(b"[" * 9000, ("a.b",)) == frozenset()


async def test_a_junction_that_cannot_take_a_limit_away(tmp_path: Path) -> None:
    """Nobody says whether null in a PATCH does: it is read back, and told."""
    async with managed(tmp_path, options=ManagementOptions(null_clears=False)) as here:
        await here.apply(here.wanted("rate_limit = 9"))
        (done,) = await here.apply(here.wanted())
        assert not done.is_right
        assert any("Junction has rate_limit: 9 → none" in line for line in done.lines())


async def test_pages_in_a_circle(tmp_path: Path) -> None:
    """Refused, and not read for ever."""
    async with managed(tmp_path) as here:
        await here.apply(here.wanted())
        here.fake.trouble.expect(Mishap.CIRCLE, "GET", "/webhook", times=1000)
        with pytest.raises(Refused, match="endless"):
            await here.plan(here.wanted())


async def test_fifty_endpoints_in_pages(tmp_path: Path) -> None:
    """More than a page of Junction's is read to its end."""
    async with managed(tmp_path) as here:
        for n in range(120):
            await here.api.create(url=f"https://{n}.example.org", description="", rate_limit=None, filter_types=None)
        assert len((await here.plan(here.wanted())).others) == 120


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"junction_management_key": "sk_us_abc"}, "holds a team's key"),
        ({"junction_management_key": ""}, "no management key"),
        ({"junction_org_id": ""}, "STREAMS_JUNCTION_ORG_ID is not set"),
    ],
)
async def test_a_wrong_key_is_told_before_anything_is_sent(changes: dict[str, str], words: str) -> None:
    """A team's key in place of the management key, none, none to say whose."""
    place = TeamPlace("", TEAM, "production")
    with pytest.raises(Misconfigured, match=words):
        async with open_webhooks(managing("", **changes), place, QUICK):
            pass


async def test_a_key_that_junction_refuses(tmp_path: Path) -> None:
    """401: told as such, not tried again."""
    async with managed(tmp_path) as here:
        here.fake.trouble.expect(Mishap.UNAUTHORIZED, "GET", times=9)
        with pytest.raises(NotAuthorized, match="STREAMS_JUNCTION_MANAGEMENT_KEY"):
            await here.plan(here.wanted())
        assert len(here.fake.trouble.met) == 1


async def test_a_team_that_is_not_named() -> None:
    """The file and the settings: where to name it."""
    with pytest.raises(Misconfigured, match=r"\[team\] of webhooks\.toml"):
        async with open_webhooks(managing("", junction_team_id=""), TeamPlace(ORG), QUICK):
            pass
