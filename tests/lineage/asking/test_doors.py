"""What gateways say of a delivery that is nowhere, and of a time: real gateways, real Kafka."""

import time

from streams.events import topics
from streams.kafka import admin
from streams.lineage.asking.came_since import CameSince, Ids
from streams.lineage.asking.doors import Doors, look_of, maybe_junctions
from streams.lineage.delivery.facts import DoorAttempt, DoorLook, Heartbeats
from streams.lineage.why.facts import QuietSpan
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.status.gateways import GatewayReport, RefusedAttempt
from tests.connectors.webhook.gateways import Running, body_of, make_settings, signed, start
from tests.lineage.asking.test_heartbeats import beats, write

ID = "msg_2yrUlCpRDNpetRYyyYH3mpMxXBf"
HOUR_MS = 3_600_000


def asking(*gateways: str) -> Doors:
    """Without a Kafka that answers; nobody looks whether what was refused has come since."""
    of = Settings(_env_file=None, console_gateways=gateways, bootstrap_servers="127.0.0.1:1")
    return Doors(of)


def refuse(gateway: Running, id: str, *, is_signed: bool) -> None:
    """A delivery that is not taken: forged, or while Kafka is away."""
    body = body_of()
    headers = signed(body, id, now_s=int(time.time()))
    if not is_signed:
        headers |= {"svix-signature": "v1,AAAA"}
    gateway.publisher.trouble = Unavailable("away")
    assert gateway.post(body, headers).status_code == (503 if is_signed else 401)
    gateway.publisher.trouble = None


def test_the_attempts_of_a_delivery() -> None:
    """Those of each gateway, by time, and since when all of them accept; one that is away is a sentence."""
    with start(make_settings(), time.time) as one, start(make_settings(), time.time) as other:
        refuse(other, ID, is_signed=True)
        refuse(one, ID, is_signed=False)
        refuse(one, "msg_other", is_signed=True)
        look = asking(one.admin, "http://127.0.0.1:1", other.admin).refusals(ID)
        assert [(row.gateway, row.status, row.is_signed, row.is_cut) for row in look.attempts] == [
            (other.admin, 503, True, False),
            (one.admin, 401, False, False),
        ]
        assert look.missing == ("the gateway at http://127.0.0.1:1 does not answer (ConnectError)",)
        assert look.accepting_since_ms == 0  # of the third it is not known
        both = asking(one.admin, other.admin).refusals("msg_" + "x" * 80)
        assert (both.attempts, both.missing) == ((), ())
        assert 0 < both.accepting_since_ms == both.remembers_since_ms <= look.attempts[0].at_ms


def test_an_id_of_which_only_the_beginning_is_known() -> None:
    """It is said: another one may begin alike."""
    row = RefusedAttempt(5, "g", "junction", "refused", 401, 7, "x" * 64, False)
    report = GatewayReport("g", 1, 2, (row,), is_cut=True)
    assert look_of((report,), "x" * 65) == DoorLook(
        attempts=(
            DoorAttempt(
                at_ms=5, gateway="g", endpoint="junction", outcome="refused", status=401, body_bytes=7, is_signed=False,
                is_cut=True,
            ),
        ),
        remembers_since_ms=2,
        accepting_since_ms=1,
        missing=("the gateway at g refused more than 1, of which the newest are here",),
    )  # fmt: skip


def test_of_whom_it_is_asked_whether_they_came_since() -> None:
    """Of all whose signature was not wrong: one that was not tried may be Junction's, and taken a second later."""
    rows = [RefusedAttempt(5, "g", "junction", "busy", 503, 7, f"msg_{tried}", tried) for tried in (True, False, None)]
    assert maybe_junctions([*rows, rows[0]._replace(claimed_id="")]) == {"msg_True", "msg_None"}


def test_no_gateway_is_named() -> None:
    """What they refused is not known, and the setting that names them is."""
    assert "STREAMS_CONSOLE_GATEWAYS" in asking().refusals(ID).missing[0]
    news = asking().between(0, 1)
    assert "STREAMS_CONSOLE_GATEWAYS" in news.missing[0]
    assert news.missing[1].startswith("when gateways took deliveries is not known: Kafka does not answer")


def test_what_happened_at_a_time(settings: Settings) -> None:
    """Refusals of deliveries that did not come since; the silence between two heartbeats, and whether a gateway was
    there; from when on that is known."""
    admin.apply(settings)
    now = int(time.time() * 1000)
    heard = (now - 3 * HOUR_MS, now - 2 * HOUR_MS, now - 60_000)
    write(settings, topics.HEARTBEATS, *beats(*heard))
    with start(make_settings(), time.time) as gateway:
        for id in ("msg_1", "msg_2", "msg_1"):
            refuse(gateway, id, is_signed=True)
        refuse(gateway, "msg_3", is_signed=False)
        asked: list[Ids] = []

        def came(ids: Ids) -> CameSince:
            asked.append(ids)
            return CameSince(frozenset({"msg_2"}), "the index is behind")

        doors = Doors(settings.model_copy(update={"console_gateways": (gateway.admin,)}), came)
        news = doors.between(now - HOUR_MS, now + HOUR_MS)
        signed = [("msg_1", True)] * 2
        assert [(row.claimed_id, row.is_signed) for row in news.refusals] == [*signed, ("msg_3", False)]
        assert (asked, news.unsure) == ([{"msg_1", "msg_2"}], "the index is behind")
        assert news.quiet == (QuietSpan(heard[1], heard[2], None),)
        (forgotten,) = news.missing
        assert "remembers what it refused since" in forgotten
        earlier = doors.between(now - 10 * HOUR_MS, now - 9 * HOUR_MS)
        assert (earlier.refusals, earlier.quiet) == ((), ())
        assert "is on record since" in earlier.missing[1]
        assert doors.heartbeats(heard[0] + 5) == Heartbeats(heard[0], heard[1], heard[2])
