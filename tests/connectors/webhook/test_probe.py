"""A probe at the door: verified as a delivery is, answered by who the gateway is, and stored nowhere."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest

from connectors.webhook import Gateway
from streams import __version__
from streams.events import probe
from streams.events.signature import Keyring
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops.errors import Unavailable
from tests.connectors.webhook.gateways import (
    NOW_S,
    OLD_SECRET,
    SECRET,
    Running,
    body_of,
    make_settings,
    signed,
    start,
)
from tests.connectors.webhook.test_strangers import answer

ID = f"{probe.ID_PREFIX}1"
PROBE = probe.body_of("0")
NEW, OLD = Keyring.parse([SECRET, OLD_SECRET]).fingerprints


@pytest.fixture
def gateway() -> Iterator[Running]:
    with start(make_settings()) as running:
        yield running


def ask(gateway: Running, secret: str = SECRET, endpoint: str = "junction", body: bytes = PROBE) -> httpx.Response:
    return gateway.post(body, signed(body, ID, secret=secret), endpoint)


def probed(gateway: Running) -> float:
    """How many probes this process has counted."""
    text = httpx.get(f"{gateway.admin}/metrics").text
    (found,) = re.findall(r'^junction_gateway_requests_total{endpoint="junction",outcome="probe"} (\S+)$', text, re.M)
    return float(found)


def test_it_says_who_it_is(gateway: Running) -> None:
    """204 with the process, the version, the clock, and the endpoint's live secrets by fingerprint, newest first."""
    reply = ask(gateway)
    said = {name: reply.headers[name] for name in probe.HEADERS}
    assert (reply.status_code, reply.content) == (204, b"")
    assert re.fullmatch(r"[!-~]+/\d+", said.pop(probe.H_INSTANCE))
    assert len(probe.read_uses(said.pop(probe.H_USES))) == 2
    assert said == {
        probe.H_PROCESSES: "1",
        probe.H_PROGRAM: __version__,
        probe.H_CLOCK: str(NOW_S * 1000),
        probe.H_SECRETS: f"{NEW},{OLD}",
        probe.H_SECRET: NEW,
        probe.H_READY: probe.YES,
    }


def test_it_says_which_secret_fits(gateway: Running) -> None:
    """The one that signed, of those of this endpoint and no other one's."""
    by_old, at_other = ask(gateway, OLD_SECRET), ask(gateway, endpoint="other")
    assert (by_old.headers[probe.H_SECRET], by_old.headers[probe.H_SECRETS]) == (OLD, f"{NEW},{OLD}")
    assert (at_other.headers[probe.H_SECRET], at_other.headers[probe.H_SECRETS]) == (NEW, NEW)


def test_it_says_what_each_secret_verified(gateway: Running) -> None:
    """What the admin listener says of the endpoint in this process: deliveries alone, as each of its rows."""
    for id, secret in (("msg_1", SECRET), ("msg_2", OLD_SECRET), ("msg_3", SECRET)):
        assert gateway.post(body_of(), signed(body_of(), id, secret=secret)).status_code == 204
    rows = [row for row in httpx.get(f"{gateway.admin}/secrets").json() if row["endpoint"] == "junction"]
    uses = probe.read_uses(ask(gateway).headers[probe.H_USES])
    assert [one.verified for one in uses] == [2, 1]
    told = [(row["verified"], round(row["last_used_s"], 3), round(row["since_s"], 3)) for row in rows]
    assert [tuple(one) for one in uses] == told


def test_it_is_no_delivery(gateway: Running) -> None:
    """No record, no dead letter, no heartbeat, no use of a secret: counted by its own outcome alone."""
    before = probed(gateway)
    assert {ask(gateway, secret).status_code for secret in (SECRET, OLD_SECRET)} == {204}
    assert gateway.publisher.records == []
    assert probed(gateway) == before + 2
    rows = httpx.get(f"{gateway.admin}/secrets").json()
    assert {(row["verified"], row["last_used_s"]) for row in rows} == {(0, 0.0)}


async def test_it_is_no_sign_of_life_of_junction() -> None:
    """How long nothing came from Junction is measured by deliveries: a probe ends no outage."""
    door = Gateway(make_settings(), MemoryPublisher({"junction.raw.summaries": 4}), clock=lambda: NOW_S).door
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://gateway") as client:
        for body, id, accepted in ((PROBE, ID, 0), (body_of(), "msg_1", 1)):
            reply = await client.post("/webhooks/junction", content=body, headers=signed(body, id))
            assert (reply.status_code, door.accepted) == (204, accepted)


def test_a_large_one(gateway: Running) -> None:
    """1 MiB goes the way of large bodies."""
    body = probe.body_of("0", 1 << 20)
    assert ask(gateway, body=body).headers[probe.H_READY] == probe.YES
    assert gateway.publisher.records == []


def test_it_is_answered_while_kafka_is_away(gateway: Running) -> None:
    """It asks about the way here: the answer says that no delivery would be stored, and a delivery gets 503."""
    gateway.troubles.append(Unavailable("Kafka does not answer"))
    while gateway.post(body_of()).status_code != 503:
        time.sleep(0.05)
    reply = ask(gateway)
    assert (reply.status_code, reply.headers[probe.H_READY]) == (204, probe.NO)


def test_what_only_looks_like_one_is_stored(gateway: Running) -> None:
    """Nothing is dropped by its id, and nothing by its type: both together make a probe."""
    assert gateway.post(body_of(), signed(body_of(), ID)).status_code == 204
    assert gateway.last().topic == "junction.raw.summaries"
    assert gateway.post(PROBE, signed(PROBE, "msg_2")).status_code == 204
    assert gateway.last().topic == "junction.dead_letters"


@pytest.mark.parametrize("endpoint", ["junction", "nobody"])
@pytest.mark.parametrize("length", [len(PROBE), 1 << 20])
def test_a_stranger_gets_the_constant_401(gateway: Running, endpoint: str, length: int) -> None:
    """Byte for byte what any other request without a right signature gets, at an endpoint that there is or is not."""
    body = probe.body_of("0", length)
    answers = []
    for sent, id in ((body, ID), (b"x" * length, "msg_1")):
        wrong = signed(sent, id) | {"svix-signature": "v1,AAAA"}
        head = [f"Content-Length: {length}", *(f"{name}: {value}" for name, value in wrong.items())]
        answers.append(answer(gateway, endpoint, head, sent))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    assert not any(name.lower() in probe.HEADERS for name in answers[0][1])
