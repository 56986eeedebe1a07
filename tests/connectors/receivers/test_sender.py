"""Alerts delivered to receivers: real HTTP, signed so that a Svix library verifies it, bounded and recorded."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import stamina
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.receivers.delivery_record import AlertPosition, AttemptResult, DeliveryStatus
from connectors.receivers.http_request import OPEN_FOR, build_request
from connectors.receivers.receiver import Receiver, ReceiverKind, receivers_from
from connectors.receivers.sender import AlertSender, result_of
from streams.kafka.codec import decode, parsed
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.folding import CODEC
from tests.simulator.receiver import SECRET, running
from tests.simulator.receiver import Receiver as Svix

PLACE = AlertPosition("junction.alerts", 1, 7)
NOW = datetime.now(UTC)


def alert(**changed: Any) -> dict[str, Any]:
    """As the reader decodes it."""
    return {
        "id": "8ad062d62ba74db84edd15033f185316", "revision": 1, "life": "opened", "resolution": None, "user_id": "u-1",
        "client_user_id": "patient-1", "team_id": None, "rule": "glucose-low", "kind": "threshold",
        "severity": "warning", "summary": "Glucose below 3.9 mmol/L", "link": None, "resource": "glucose",
        "field": "value", "unit": "mmol/L", "subject": "", "first_at": NOW, "opened_at": NOW, "resolved_at": None,
        "stale_at": NOW + timedelta(hours=2), "at": NOW, "bound": None, "evidence": [], **changed,
    }  # fmt: skip


@dataclass
class Attempts:
    """Records of attempts, as the topic would hold them."""

    records: list[dict[str, Any]] = field(default_factory=list)

    async def note(self, record: dict[str, Any]) -> None:
        value = CODEC.encode("alert_deliveries", record)
        self.records.append(decode(value, parsed("AlertDelivery")))

    @property
    def statuses(self) -> list[tuple[int, str, int | None, str]]:
        return [(one["attempt"], one["status"], one["http_status"], one["reason"]) for one in self.records]


@pytest.fixture(autouse=True)
def _no_waiting() -> Any:
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


async def brought(receiver: Receiver, made: Attempts, attempts: int = 4, **changed: Any) -> DeliveryStatus:
    async with httpx.AsyncClient() as client:
        return await AlertSender(client, made.note, attempts).deliver(receiver, alert(**changed), PLACE, ours)


async def ours() -> None:
    """Nobody else is there."""


def hook(url: str, **more: Any) -> Receiver:
    return Receiver.model_validate({"name": "clinic", "kind": "webhook", "url": url, "secret": SECRET, **more})


async def test_a_svix_library_verifies_the_webhook() -> None:
    """Signed by the scheme of Svix; the body says type, time and the alert; the attempt is written down."""
    made = Attempts()
    async with running(Svix()) as server:
        assert await brought(hook(server.url), made) is DeliveryStatus.DELIVERED
    assert server.refused == 0
    ((id, count),) = server.stored.items()
    assert (id, count) == ("alert_8ad062d62ba74db84edd15033f185316-1", 1)
    body = json.loads(server.bodies[id])
    assert (body["type"], body["data"]["rule"], body["data"]["user_id"]) == ("alert.opened", "glucose-low", "u-1")
    assert made.statuses == [(1, "delivered", 204, "")]
    assert made.records[0]["idempotency_key"] == "8ad062d62ba74db84edd15033f185316-1"
    assert (made.records[0]["alert_topic"], made.records[0]["alert_offset"]) == ("junction.alerts", 7)


async def test_a_busy_receiver_is_asked_again() -> None:
    """503 is tried again under the same id, within bounds; the last failure is a dead letter."""
    made = Attempts()
    async with running(Svix(failures=1.0)) as server:
        assert await brought(hook(server.url), made) is DeliveryStatus.GIVEN_UP
    assert [status for _, status, _, _ in made.statuses] == ["failed", "failed", "failed", "given_up"]
    assert {one["idempotency_key"] for one in made.records} == {"8ad062d62ba74db84edd15033f185316-1"}
    made = Attempts()
    async with running(Svix(failures=0.6)) as server:
        assert await brought(hook(server.url), made) is DeliveryStatus.DELIVERED
    assert made.statuses[-1][1] == "delivered"


async def test_a_wrong_secret_is_not_tried_again() -> None:
    """401 will stay 401: given up at once, with what the receiver answered."""
    made = Attempts()
    async with running(Svix()) as server:
        wrong = hook(server.url, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        assert await brought(wrong, made) is DeliveryStatus.GIVEN_UP
    assert made.statuses == [(1, "given_up", 401, "http_401")]


async def test_nobody_there() -> None:
    """No connection is tried again, and then given up."""
    made = Attempts()
    assert await brought(hook("http://127.0.0.1:9/none"), made, attempts=2) is DeliveryStatus.GIVEN_UP
    assert made.statuses == [(1, "failed", None, "no_connection"), (2, "given_up", None, "no_connection")]


async def test_what_is_old_wakes_nobody() -> None:
    """A replay, or a long outage: it is written down as stale and not sent."""
    made = Attempts()
    async with running(Svix()) as server:
        stale = NOW - timedelta(seconds=1)
        assert await brought(hook(server.url), made, stale_at=stale) is DeliveryStatus.STALE
    assert not server.stored
    assert made.statuses == [(0, "stale", None, "too_old")]


@asynccontextmanager
async def alertmanager(seen: list[Any]) -> AsyncIterator[str]:
    """A fake of Alertmanager's v2 API: it takes alerts, and checks their times as the real one does."""

    async def take(request: Request) -> Response:
        for one in await request.json():
            starts, ends = (datetime.fromisoformat(one[name]) for name in ("startsAt", "endsAt"))
            if not one["labels"].get("alertname") or ends < starts:
                return Response(status_code=400)
            seen.append(one)
        return Response(status_code=200)

    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/api/v2/alerts", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def test_alertmanager() -> None:
    """Open alerts hold for long, resolved ones end now; labels are the same for both, so that they meet."""
    seen: list[Any] = []
    async with alertmanager(seen) as url:
        receiver = Receiver(name="ops", kind=ReceiverKind.ALERTMANAGER, url=url)
        assert await brought(receiver, Attempts()) is DeliveryStatus.DELIVERED
        over = {"life": "resolved", "resolution": "cleared", "revision": 2}
        assert await brought(receiver, Attempts(), **over) is DeliveryStatus.DELIVERED
    opened, resolved = seen
    assert opened["labels"] == resolved["labels"]
    assert "user_id" not in opened["labels"]
    assert datetime.fromisoformat(opened["endsAt"]) > NOW + OPEN_FOR / 2
    assert datetime.fromisoformat(resolved["endsAt"]) < NOW + timedelta(hours=1)


async def test_the_log_is_a_receiver(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a value, a name, a bound or the user: who has what is nothing for a log."""
    from streams.ops import log

    log.configure(as_json=True)
    made = Attempts()
    assert (
        await brought(Receiver(name="log", kind=ReceiverKind.LOG), made, summary="SUMMARY", bound=3.9)
        is DeliveryStatus.DELIVERED
    )
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["event"], line["rule"], line["life"]) == ("alert", "glucose-low", "opened")
    del line["timestamp"]  # 21:00:03.9 is no bound
    assert not [one for one in ("3.9", "u-1", "patient-1", "SUMMARY") if one in json.dumps(line)]


def test_what_a_status_means() -> None:
    """2xx has it, busy and broken are asked again, all else is final; Retry-After is bounded."""
    assert result_of(204, "") == AttemptResult(204)
    assert result_of(404, "").is_final
    assert result_of(302, "").is_final
    assert result_of(429, "7") == AttemptResult(429, "http_429", False, 7.0)
    assert result_of(503, "99999").retry_after_s == 300.0
    assert result_of(503, "-1").retry_after_s is None
    assert result_of(500, "Wed, 21 Oct 2026 07:28:00 GMT").retry_after_s is None


def test_who_wants_what() -> None:
    """By severity and by rule."""
    severe = hook("http://127.0.0.1/", severity="critical")
    assert not severe.wants(alert())
    assert severe.wants(alert(severity="critical"))
    assert not hook("http://127.0.0.1/", rules=["other"]).wants(alert())


def settings(text: str) -> Settings:
    return Settings(_env_file=None, notify_receivers=text.replace("SECRET", SECRET))  # type: ignore[arg-type]  # because it is text in the environment


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"clinic": {"kind": "webhook", "url": "https://x.example/h", "secret": "nonsense-MARKER"}}', "whsec_"),
        ('{"clinic": {"kind": "webhook", "url": "http://x.example/h", "secret": "SECRET"}}', "https"),
        ('{"clinic": {"kind": "webhook", "url": "ftp://MARKER"}}', "url"),
        ('{"clinic": {"kind": "pigeon-MARKER"}}', "kind"),
        ('{"clinic": {"kind": "log", "MARKER": 1}}', "clinic"),
        ('{"Clinic MARKER": {"kind": "log"}}', "small letters"),
    ],
)  # fmt: skip
def test_wrong_receivers_are_named_without_their_values(text: str, says: str) -> None:
    """A mistake is a sentence that says where; neither it nor the settings show a secret."""
    wrong = settings(text)
    with pytest.raises(Misconfigured) as refused:
        receivers_from(wrong)
    assert says in str(refused.value)
    if "log" not in text:
        assert "MARKER" not in str(refused.value)
    assert SECRET not in repr(wrong)


def test_no_receivers_mean_the_log() -> None:
    """Alerts are never lost in silence."""
    assert [one.kind for one in receivers_from(settings("{}"))] == [ReceiverKind.LOG]
    given = '{"clinic": {"kind": "webhook", "url": "https://x.example/h", "secret": "SECRET", "rules": ["a"]}}'
    (clinic,) = receivers_from(settings(given))
    assert clinic.secret.get_secret_value() == SECRET
    assert SECRET not in repr(clinic)
    assert build_request(clinic, alert(), NOW).headers["svix-id"].startswith("alert_")


async def test_each_attempt_is_confirmed_first() -> None:
    """A group that does not confirm holds the attempt; cancelled meanwhile, nothing is sent any more."""
    made, confirmed = Attempts(), asyncio.Event()

    async def once() -> None:
        if confirmed.is_set():
            await asyncio.Event().wait()
        confirmed.set()

    async with running(Svix(failures=1.0)) as server, httpx.AsyncClient() as client:
        task = asyncio.create_task(AlertSender(client, made.note, 4).deliver(hook(server.url), alert(), PLACE, once))
        while not made.records:  # noqa: ASYNC110  # because an attempt over HTTP takes a moment
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (server.failed, [status for _, status, _, _ in made.statuses]) == (1, ["failed"])
