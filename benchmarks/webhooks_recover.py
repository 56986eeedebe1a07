"""Recovery: failed messages sent again by the fake Svix at a set rate, and what the gateway's other senders see of it.

    python -m benchmarks webhooks_recover [--messages N] [--rate N] [--json]

The real gateway on the embedded Kafka. A sender of its own posts 20 signed deliveries a second, first while nothing
else comes, then while `webhooks recover` runs against the fake, which really delivers at the rate that was set. The p99
of that sender, quiet and meanwhile, shows whether a recovery holds up what is new. All share the machine's cores.
"""

import argparse
import asyncio
import base64
import http.client
import json
import secrets
import statistics
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from benchmarks import _command
from benchmarks.gateway import contestants
from benchmarks.gateway.deliveries import ENDPOINT, body_of
from connectors.control.recovery.by_svix import Patience
from connectors.control.recovery.rate_journal import RateJournal
from connectors.control.recovery.run import Outcome, Recovery, RecoverySettings
from connectors.svix.client import SvixSpan
from streams.demo.cluster import Cluster, jars
from streams.events import new_message_id
from streams.events.signature import sign
from streams.kafka import admin
from streams.ops.settings import Settings
from streams.simulator.api.app import FakeApi
from streams.simulator.api.serve import running
from streams.simulator.management.endpoint import new_id
from streams.simulator.management.fake import FakeManagement
from streams.simulator.management.keys import SVIX_KEY
from streams.simulator.management.messages import SvixAttempt, SvixMessage, Trigger
from streams.simulator.world.world import World

LIVE_PER_S = 20
SLEEP = "daily.data.heartrate.created"
HOUR_MS = 3_600_000
_TEAM = "0c5b3f4e-0000-4000-8000-000000000001"


class Sender(threading.Thread):
    """Posts signed deliveries at a steady rate, one after another, and remembers how long each took."""

    def __init__(self, port: int, secret: str) -> None:
        super().__init__(daemon=True)
        self._port, self._secret = port, secret
        self._body = body_of("5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77", 1000)
        self.took_ms: list[float] = []
        self.refused = 0
        self.ended = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self.ended.wait(1 / LIVE_PER_S):
            id, now_s = new_message_id(int(time.time() * 1000), secrets.token_bytes(15)), int(time.time())
            headers = {
                "svix-id": id,
                "svix-timestamp": str(now_s),
                "svix-signature": sign(self._secret, id, now_s, self._body),
                "content-type": "application/json",
            }
            began = time.perf_counter()
            connection.request("POST", f"/webhooks/{ENDPOINT}", self._body, headers)
            answer = connection.getresponse()
            answer.read()
            self.took_ms.append((time.perf_counter() - began) * 1000)
            self.refused += answer.status >= 300

    def stop(self) -> list[float]:
        self.ended.set()
        self.join()
        return self.took_ms


def p99(took_ms: list[float]) -> float:
    return statistics.quantiles(took_ms, n=100, method="inclusive")[98]


def failed_messages(fake: FakeManagement, port: int, secret: str, number: int) -> str:
    """An endpoint with so many messages of the last hour that were given up. Returns its application."""
    app = fake.state.app(_TEAM, "production")
    fields = {"url": f"http://127.0.0.1:{port}/webhooks/{ENDPOINT}", "description": f"[junction-streams:{ENDPOINT}]"}
    endpoint = fake.state.add(app, dict(fields), secret)
    body, began_s = body_of("5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77", 1000), time.time() - 3000
    for n in range(number):
        made_s = began_s + n * 2000 / number
        message = SvixMessage(new_message_id(int(made_s * 1000), secrets.token_bytes(15)), SLEEP, body, made_s)
        app.messages[message.id] = message
        id = new_id("atmpt_", made_s)
        endpoint.log.record(SvixAttempt(id, message.id, endpoint.url, made_s, 503, "", 1, Trigger.SCHEDULED))
    return app.id


async def recovered(settings: Settings, fake: FakeManagement, folder: Path, rate: int) -> Outcome:
    """What came of it."""
    api = FakeApi(World(seed=1, users=1, days=1, end_ms=int(time.time() * 1000)), management=fake)
    async with running(api) as url:
        given = settings.model_copy(update={"svix_url": url})
        now_ms = int(time.time() * 1000)
        span = SvixSpan(now_ms - HOUR_MS, now_ms - HOUR_MS // 6)  # none of the sender's own messages
        journal = RateJournal(folder / "rate.json")
        how = RecoverySettings(ENDPOINT, "", span, rate, journal, Patience(2.0, 10.0), wait_s=20)
        return await Recovery(given, how, jars.to_stderr).run()


def main(given: argparse.Namespace) -> int:
    """Exit code 1 when a message did not arrive, or the others waited more than twice as long."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    with Cluster(registry=False) as cluster, tempfile.TemporaryDirectory() as folder:
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, partitions=4)
        admin.apply(settings)
        place = contestants.Place(cluster.bootstrap_servers, secret, 4, Path(folder), cluster.data_dir)
        with contestants.started(["ours_1"], place) as (gateway,):
            result = measured(given, settings, gateway.port, secret, Path(folder))
    print(json.dumps(result) if given.json else "\n".join(f"{name:<16} {value}" for name, value in result.items()))
    is_right = result["arrived"] == given.messages and not result["refused"]
    return int(not is_right or result["p99_meanwhile_ms"] > 2 * result["p99_quiet_ms"])


def measured(
    given: argparse.Namespace, settings: Settings, port: int, secret: str, folder: Path
) -> dict[str, float | int]:
    """The figures."""
    warm = Sender(port, secret)
    warm.start()
    time.sleep(3)
    warm.stop()
    quiet = Sender(port, secret)
    quiet.start()
    time.sleep(given.seconds)
    quiet_ms = quiet.stop()
    fake = FakeManagement()
    app_id = failed_messages(fake, port, secret, given.messages)
    meanwhile = Sender(port, secret)
    meanwhile.start()
    given_svix = settings.model_copy(update={"svix_app_id": app_id, "svix_token": SecretStr(SVIX_KEY)})
    outcome = asyncio.run(recovered(given_svix, fake, folder, given.rate))
    meanwhile_ms = meanwhile.stop()
    (endpoint,) = fake.state.apps[app_id].endpoints.values()
    times_s = [one.made_s for one in endpoint.log.attempts if one.trigger is Trigger.MANUAL]
    return {
        "messages": given.messages,
        "rate_per_s": given.rate,
        "seconds": round(max(times_s) - min(times_s), 1),
        "arrived": len(outcome.arrived.since) if outcome.arrived else 0,
        "p99_quiet_ms": round(p99(quiet_ms), 1),
        "p99_meanwhile_ms": round(p99(meanwhile_ms), 1),
        "refused": quiet.refused + meanwhile.refused,
    }


def options() -> argparse.Namespace:
    """What to measure."""
    parser = _command.parser("webhooks_recover", __doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=200, help="messages a second, as `webhooks recover --rate`")
    parser.add_argument("--seconds", type=float, default=15.0, help="of the quiet time")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(_command.code_of(partial(main, options())))
