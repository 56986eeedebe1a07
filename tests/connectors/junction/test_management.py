"""Calls of the Org Management API: the key, the retries, and a sentence for each refusal."""

import json
import traceback
from typing import Any

import pytest

from connectors.junction.failures import NotAuthorized
from connectors.junction.management import open_management
from connectors.junction.pipeline_secrets import revealed
from connectors.junction.pipeline_setup import apply, remove
from connectors.junction.retry_policy import RetryPolicy
from streams.ops.errors import Misconfigured, StreamsError, Unavailable
from tests.connectors.junction.pipelines import MARKER, ORG, OTHER_TEAM, TEAM, managing, pipeline
from tests.connectors.junction.scripted import Request, Scripted, http, scripted

QUICK = RetryPolicy(tries=3, wait_first_s=0.001, wait_max_s=0.01)
NONE = http(200, b'{"pipelines": []}')
# As Junction's framework refuses: it echoes what it was sent, here even in the name of a place.
ECHO = {"loc": ["body", "rabbitmq", "uri"], "msg": MARKER, "type": "value_error", "input": f"amqps://u:{MARKER}@h"}
REFUSED = json.dumps({"detail": [ECHO, {**ECHO, "loc": ["body", MARKER]}]}).encode()


async def failing(*answers: Any, **changes: object) -> tuple[StreamsError, Scripted]:
    """What `apply` raises."""
    async with scripted(*answers) as server:
        with pytest.raises(StreamsError) as caught:
            async with open_management(managing(server.url, **changes), QUICK) as api:
                await apply(api, pipeline())
    assert MARKER not in "".join(traceback.format_exception(caught.value))
    return caught.value, server


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Misconfigured, "HTTP 400, body.rabbitmq.uri) and has changed nothing"),
        (401, NotAuthorized, "STREAMS_JUNCTION_MANAGEMENT_KEY"),
        (403, Misconfigured, "Scale plan"),
        (404, Misconfigured, "STREAMS_JUNCTION_REGION"),
        (409, Unavailable, "run it again"),
        (422, Misconfigured, "HTTP 422, body.rabbitmq.uri) and has changed nothing"),
        (429, Unavailable, "run it again"),
        (500, Unavailable, "What Junction kept is not known; run it again"),
        (503, Unavailable, "What Junction kept is not known; run it again"),
        (307, StreamsError, "STREAMS_JUNCTION_MANAGEMENT_URL"),
    ],
)
async def test_each_refusal_says_what_to_do(status: int, kind: type[StreamsError], words: str) -> None:
    """Of the POST, with an answer that echoes the password: the sentence has neither that nor the key."""
    error, server = await failing(NONE, http(status, REFUSED, f"location: https://{MARKER}.example.org"))
    assert isinstance(error, kind)
    assert words in str(error)
    assert "mg_fake" not in str(error)
    assert MARKER.encode() in server.requests[1].body


async def test_passing_trouble_is_tried_again() -> None:
    """429, 500 and a cut connection, each once: the body is the same, and once it stands all is right."""
    held = {"team_id": TEAM, **revealed(pipeline().body())}
    answers = [NONE, http(429, b"{}", "retry-after: 0"), http(500), b"", http(200)]
    policy = RetryPolicy(5, wait_first_s=0.001, wait_max_s=0.01)
    async with (
        scripted(*answers, http(200, json.dumps({"pipelines": [held]}).encode())) as server,
        open_management(managing(server.url), policy) as api,
    ):
        applied = await apply(api, pipeline())
    assert applied.is_right
    posts = [request for request in server.requests if request.method == "POST"]
    assert [json.loads(one.body) for one in posts] == [revealed(pipeline().body())] * 4


async def test_a_conflict_is_not_pressed() -> None:
    """409 is another change under way: our body is not sent a second time, a person looks first."""
    _, server = await failing(NONE, http(409))
    assert [request.method for request in server.requests] == ["GET", "POST"]


async def test_the_requests_are_the_documented_ones() -> None:
    """Path with environment and region, the key in its header, the team as a parameter, several as several."""
    async with scripted(NONE) as server:
        settings = managing(server.url, junction_region="eu", junction_environment="sandbox")
        async with open_management(settings, QUICK) as api:
            await apply(api, pipeline())
            await remove(api, (TEAM, OTHER_TEAM))
            await remove(api, ())
    path = f"/v1/org/{ORG}/team_etl_pipelines/sandbox/eu"
    targets = [f"{path}?team_id={TEAM}", path, f"{path}?team_id={TEAM}", f"{path}?team_id={TEAM}&team_id={OTHER_TEAM}"]
    assert [one.target for one in server.requests] == targets
    assert {one.headers["x-management-key"] for one in server.requests} == {"mg_fake"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"junction_management_key": ""}, "set STREAMS_JUNCTION_MANAGEMENT_KEY"),
        ({"junction_management_key": "", "junction_api_key": "sk_us_x"}, "does not work here"),
        ({"junction_management_key": f"sk_us_{MARKER}"}, "holds a team's key"),
        ({"junction_management_key": f"pk_eu_{MARKER}"}, "holds a team's key"),
        ({"junction_management_key": f"mg_{MARKER} x"}, "a character that no key has"),
        ({"junction_org_id": ""}, "STREAMS_JUNCTION_ORG_ID"),
    ],
)
async def test_without_a_management_key_nothing_is_sent(changes: dict[str, object], words: str) -> None:
    """None, a team's key in its place, one that no header can hold, or no organisation: a sentence for a person."""
    error, server = await failing(NONE, **changes)
    assert isinstance(error, Misconfigured)
    assert words in str(error)
    assert server.requests == []


@pytest.mark.parametrize("body", [b"[]", b'{"pipelines": 7}', b'{"pipelines": [7, {}, {"team_id": null}]}', b"null"])
async def test_an_answer_of_another_shape_is_no_pipeline(body: bytes) -> None:
    """It is sent then, and said to be missing still."""
    async with scripted(http(200, body)) as server, open_management(managing(server.url), QUICK) as api:
        applied = await apply(api, pipeline())
    assert not applied.is_right
    assert any("none is there" in line for line in applied.lines())


@pytest.mark.parametrize("status", [422, 500])
async def test_nothing_is_logged(
    status: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """At the lowest level of every library, once and again, neither the password nor the key is in a line."""
    caplog.set_level(0)

    def echo(request: Request) -> bytes:
        return http(status, REFUSED + request.body) if request.method == "POST" else NONE

    await failing(echo)
    said = caplog.text + "".join(capfd.readouterr())
    assert MARKER not in said
    assert "mg_fake" not in said
