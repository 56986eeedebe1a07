"""A made-up world that is delivered to the gateway, and what has to be in the clean topics afterwards."""

import asyncio
import threading
import time
from typing import Any

from pydantic import SecretStr

from streams.demo.watch import Watch
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Tally, Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.report import Report
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event, World
from tests.compose.installation import SECRET, Installation

DRAIN_S = 120.0


def settings_of(installation: Installation) -> Settings:
    """Of a consumer on this machine: Kafka's administrator, where it asks for a login."""
    ports, login = installation.ports, installation.folder / "secrets/kafka_admin"
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # because pydantic-settings' own arguments are not in the signature
        bootstrap_servers=f"127.0.0.1:{ports['KAFKA']}",
        registry_url=f"http://127.0.0.1:{ports['REGISTRY']}/apis/ccompat/v7",
        endpoints={"junction": [SecretStr(SECRET)]},
        partitions=12,
        **(_login(login.read_text().strip()) if login.exists() else {}),
    )


def _login(password: str) -> dict[str, Any]:
    names = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_username": "admin"}
    return {**names, "sasl_password": SecretStr(password)}


def events_of(seed: int, users: int, days: int) -> list[Event]:
    return list(World(seed, users, days, int(time.time()) * 1000, has_stories=True, has_odd_bodies=True).events())


class Load:
    """Posts events in a thread, as Junction does: repeated, out of order, again until there is a 2xx."""

    def __init__(self, url: str, events: list[Event], rate_per_s: float) -> None:
        self._target, self._events, self._rate = Target(url, SECRET), events, rate_per_s
        self._tally = Tally()
        self._failed: StreamsError | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._thread.start()

    @property
    def accepted(self) -> int:
        """Deliveries that were answered with 2xx."""
        return self._tally.accepted

    def wait_for(self, share: float) -> None:
        """Until so much of the events has been accepted."""
        while self._thread.is_alive() and self.accepted < share * len(self._events):
            time.sleep(0.05)

    def wait(self) -> Tally:
        """Until all is delivered. Raises Unavailable when nothing was taken for a minute."""
        self._thread.join()
        if self._failed:
            raise self._failed
        return self._tally

    def _run(self) -> None:
        try:
            asyncio.run(self._post())
        except StreamsError as error:
            self._failed = error

    async def _post(self) -> None:
        async with open_courier(self._target) as courier:
            self._tally = courier.tally
            await courier.deliver(schedule(self._events, Faults(1)), self._rate)


def compare(settings: Settings, watch: Watch, events: list[Event]) -> Report:
    """All clean records that were read, with what is true of the world."""
    watch.wait_drained(DRAIN_S)
    watch.stop()
    prefix = f"{settings.topic_prefix}."
    clean = [(r.topic.removeprefix(prefix), r.key, r.record) for r in watch.seen.records if r.record]
    return Truth.of(events).compare(clean)
