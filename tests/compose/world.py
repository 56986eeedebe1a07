"""A made-up world that is delivered to the gateway, and what has to be in the clean topics afterwards."""

import asyncio
import threading
import time

from pydantic import SecretStr

from streams.demo.watch import Watch
from streams.events import topics
from streams.kafka.lag import Lag
from streams.ops.errors import StreamsError, Unavailable
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Tally, Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.report import Report
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event, World
from tests.compose.installation import SECRET, Installation

DRAIN_S = 120.0


def settings_of(installation: Installation) -> Settings:
    """Of a consumer on this machine."""
    ports = installation.ports
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # because pydantic-settings' own arguments are not in the signature
        bootstrap_servers=f"127.0.0.1:{ports['KAFKA']}",
        registry_url=f"http://127.0.0.1:{ports['REGISTRY']}/apis/ccompat/v7",
        endpoints={"junction": [SecretStr(SECRET)]},
        partitions=12,
    )


def events_of(seed: int, users: int, days: int) -> list[Event]:
    return list(World(seed, users, days, int(time.time()) * 1000, has_stories=True, has_odd_bodies=True).events())


class Delivery:
    """Posts events in a thread, with repetitions and disorder, as Junction does: again until there is a 2xx."""

    def __init__(self, url: str, events: list[Event], seed: int, rate_per_s: float) -> None:
        self._target, self._events, self._seed, self._rate = Target(url, SECRET), events, seed, rate_per_s
        self.tally = Tally()
        self._failed: StreamsError | None = None
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    def wait_for(self, share: float) -> None:
        """Until so much of the events has been accepted."""
        while self._thread.is_alive() and self.tally.accepted < share * len(self._events):
            time.sleep(0.05)

    def wait(self) -> Tally:
        """Until all is delivered. Raises Unavailable when the gateway took nothing for a minute."""
        self._thread.join()
        if self._failed:
            raise self._failed
        return self.tally

    def _run(self) -> None:
        try:
            asyncio.run(self._post())
        except StreamsError as error:
            self._failed = error

    async def _post(self) -> None:
        async with open_courier(self._target) as courier:
            self.tally = courier.tally
            await courier.deliver(schedule(self._events, Faults(self._seed)), self._rate)


def drain(settings: Settings) -> None:
    """Wait until the workers have committed all that the gateways published."""
    until = time.monotonic() + DRAIN_S
    lag = Lag(settings, [f"{settings.topic_prefix}.{name}" for name in topics.SOURCES])
    while lag.records():
        if time.monotonic() > until:
            raise Unavailable("the workers do not come to the end of the raw topics")
        time.sleep(0.2)
    lag.close()


def compare(settings: Settings, watch: Watch, events: list[Event]) -> Report:
    """All clean records that were read, with what is true of the world."""
    watch.wait_drained(DRAIN_S)
    watch.stop()
    prefix = f"{settings.topic_prefix}."
    clean = [(r.topic.removeprefix(prefix), r.key, r.record) for r in watch.seen.records if r.record]
    return Truth.of(events).compare(clean)
