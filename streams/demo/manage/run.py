"""`demo --manage` from start to end: made, rotated under load, away for a day, recovered, every event looked for."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr
from rich.console import Console

from connectors.control import file
from connectors.control.apply import apply
from connectors.control.proving import Prover
from connectors.control.recovery.by_svix import BySvix, Patience
from connectors.control.rotation.place import RotationPlace, open_place
from connectors.control.rotation.quiet import QUIET_S
from connectors.control.rotation.steps import NotYet, Rotator
from connectors.junction.webhook_api import open_webhooks
from connectors.svix.client import SvixSpan, open_svix
from streams.demo.manage import show
from streams.demo.manage.balancer import balanced
from streams.demo.manage.gateways import ManagedGateways, gateways
from streams.demo.manage.junction import ENVIRONMENT, ORG, TEAM, SendingJunction
from streams.demo.options import Options
from streams.events import DAY_S, topics
from streams.events.headers import H_ID
from streams.kafka.reader import Messages
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.simulator.api.app import FakeApi
from streams.simulator.api.serve import running as api_running
from streams.simulator.management.keys import MANAGEMENT_KEY
from streams.simulator.management.messages import MessageState
from streams.simulator.world.world import World

ENDPOINT = "junction"
_LOOK_S = 0.3
_RECOVER_PER_S, _QUIET_S = 500, 10.0
_SETTLE_S = 120.0


@dataclass(frozen=True)
class ManagePlan:
    """`day_s`: how long Svix's day takes here. `rotations`: in a row. `days_away`: of both gateways; Svix's
    retries end after 1.15 days (27 h 35 min)."""

    day_s: float = 20.0
    rotations: int = 2
    days_away: float = 1.25

    @property
    def estimate_s(self) -> float:
        """How long all of it takes, so that events are sent all the time."""
        return self.rotations * (1.2 * self.day_s + 6) + (self.days_away * self.day_s + 8) * bool(self.days_away)


def run_manage(settings: Settings, options: Options, plan: ManagePlan | None = None) -> int:
    """Returns the exit code: 0 when nothing was lost and nothing refused with 401."""
    console = Console(stderr=options.as_json)
    say: Callable[[str], None] = lambda text: console.print(f"[dim]… {text}[/]", highlight=False)  # noqa: E731  # because it is a callback of one line
    world = World(options.seed, options.users, options.days, int(time.time()) * 1000)
    with gateways(settings, options.keep, say) as doors:
        found = asyncio.run(_Managed(doors, world, plan or ManagePlan(), say).go())
        if options.as_json:
            print(json.dumps(found))
        show.figures(console, doors.kind, found)
    return 0 if is_right(found) else 1


def is_right(found: Mapping[str, Any]) -> bool:
    """Nothing lost, nothing refused for its signature, nothing given up."""
    return not (found["lost"] or found["refused_401"] or found["given_up"])


class _Managed:
    def __init__(self, doors: ManagedGateways, world: World, plan: ManagePlan, say: Callable[[str], None]) -> None:
        self._doors, self._world, self._plan, self._say = doors, world, plan, say
        self._events = list(world.events())
        self._junction = SendingJunction(self._events, plan.day_s)
        self._settings = doors.settings
        self._file = doors.folder / "webhooks.toml"
        self._began_s = time.monotonic()
        self._recovered = 0

    async def go(self) -> dict[str, Any]:
        api = FakeApi(self._world, management=self._junction.management)
        async with api_running(api) as url, balanced(self._doors.ports) as port:
            self._settings = _with_keys(self._doors.settings, url, self._junction)
            self._file.write_text(_toml(port, self._doors), encoding="utf-8")
            await self._make()
            feeding = asyncio.create_task(self._junction.feed(len(self._events) / self._plan.estimate_s))
            try:
                for _ in range(self._plan.rotations):
                    await self._rotate()
                if self._plan.days_away:
                    await self._away()
            finally:
                feeding.cancel()
            await self._settle()
        return await asyncio.to_thread(self._found)

    async def _make(self) -> None:
        """As `webhooks apply` does, twice: the second time there is nothing to do."""
        wanted = file.read(self._file)
        async with open_webhooks(self._settings, wanted.team) as api:
            for _ in range(2):
                async for done in apply(api, wanted, wanted.team, Prover(self._settings).prove):
                    for line in done.lines():
                        self._say(line)
                    if not done.is_right:
                        raise Misconfigured(f"{done.name} is not as {self._file.name} says")

    async def _rotate(self) -> None:
        """To a new secret, and the old one out when a compressed day has shown that nothing needs it."""
        await self._at(lambda rotator: rotator.rotate())
        deadline_s = time.monotonic() + 3 * self._plan.day_s + 30
        while True:
            try:
                await self._at(lambda rotator: rotator.finish())
                return
            except NotYet:
                if time.monotonic() > deadline_s:
                    raise
                await asyncio.sleep(_LOOK_S)

    async def _at(self, work: Callable[[Rotator], Any]) -> None:
        async with open_place(self._settings, file.read(self._file), ENDPOINT, 30, self._say) as opened:
            place: RotationPlace = replace(opened, quiet_s=QUIET_S / DAY_S * self._plan.day_s)
            with place.journal.locked():
                await work(Rotator(place))

    async def _away(self) -> None:
        since_s = time.time()
        self._say(f"both gateways away for {self._plan.days_away} days; Junction goes on")
        await asyncio.to_thread(self._doors.stop)
        await asyncio.sleep(self._plan.days_away * self._plan.day_s)
        await asyncio.to_thread(self._doors.start)
        self._say("back: what was missed comes again, or is recovered")
        await self._until(self._is_through, "retries")
        await self._recover(since_s)

    def _is_through(self) -> bool:
        """What failed meanwhile has arrived, or was given up."""
        return not self._junction.standing()[MessageState.SENDING]

    async def _recover(self, since_s: float) -> None:
        """What Svix gave up, and what it never tried."""
        endpoint = self._junction.endpoint
        async with open_svix(self._settings) as svix:
            by_svix = BySvix(svix, endpoint.id, _RECOVER_PER_S, Patience(_LOOK_S, _QUIET_S), self._say)
            done = await by_svix.bring(SvixSpan(int(since_s * 1000), None))
        self._recovered = done.failed

    async def _settle(self) -> None:
        self._junction.put_rest()
        await self._until(self._junction.is_settled, "deliveries")

    async def _until(self, is_over: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + _SETTLE_S
        while not is_over():
            if time.monotonic() > deadline_s:
                raise Unavailable(f"{what} did not end within {_SETTLE_S:.0f} s")
            await asyncio.sleep(_LOOK_S)

    def _found(self) -> dict[str, Any]:
        lost = self._junction.sent - set(_stored(self._settings))
        return {
            **self._junction.figures(),
            "lost": len(lost),
            "given_up": self._junction.standing()[MessageState.FAIL],
            "recovered": self._recovered,
            "rotations": self._plan.rotations,
            "days_away": self._plan.days_away,
            "seconds": round(time.monotonic() - self._began_s, 1),
        }


def _with_keys(settings: Settings, api_url: str, junction: SendingJunction) -> Settings:
    """Those of the fakes: the third case."""
    return settings.model_copy(
        update={
            "junction_management_key": SecretStr(MANAGEMENT_KEY),
            "junction_management_url": api_url,
            "svix_token": SecretStr(junction.management.state.options.svix_token),
            "svix_app_id": junction.app_id,
            "svix_url": api_url,
        }
    )


def _toml(port: int, doors: ManagedGateways) -> str:
    urls = ", ".join(f'"http://127.0.0.1:{one}"' for one in doors.ports)
    return f"""[team]
org = "{ORG}"
team = "{TEAM}"
environment = "{ENVIRONMENT}"

[endpoint.{ENDPOINT}]
url = "http://127.0.0.1:{port}/webhooks/{ENDPOINT}"
events = "everything"
secret_file = "{doors.secret_file}"
gateways = [{urls}]
"""


def _stored(settings: Settings) -> Iterator[str]:
    """The ids of all records in raw topics and dead letters."""
    names = [f"{settings.topic_prefix}.{name}" for name in (*topics.RAW, topics.DEAD_LETTERS)]
    reader = Messages(settings, names, from_beginning=True)
    try:
        for message in reader.until_now():
            yield dict(message.headers() or [])[H_ID].decode()
    finally:
        reader.close()
