"""A recovery from beginning to end: the plan, then each of its ways, told in lines; and what arrived of it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.control import tag
from connectors.control.cases import case_of_recovery
from connectors.control.recovery import arrivals, by_junction, connections, ways
from connectors.control.recovery.arrivals import Arrived
from connectors.control.recovery.by_svix import BySvix, Patience
from connectors.control.recovery.rate_journal import RateJournal
from connectors.control.recovery.ways import How, Means, Way
from connectors.junction import open_client
from connectors.svix.client import SentTo, SvixApi, SvixSpan, is_set, open_svix
from streams.ops.errors import Misconfigured, StreamsError
from streams.ops.settings import Settings

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RecoverySettings:
    """`name`: of the endpoint. `rate`: messages a second meanwhile, None: as it is. `wait_s`: for arrivals at most."""

    name: str
    url: str
    span: SvixSpan
    rate: int | None
    journal: RateJournal
    patience: Patience = field(default_factory=Patience)
    wait_s: float = 900.0


@dataclass(slots=True)
class Outcome:
    """`asked`: sentences. `wrong`: what was not brought back, or failed."""

    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    arrived: Arrived | None = None


def means_of(settings: Settings) -> Means:
    """What the settings hold."""
    has_key = bool(settings.junction_api_key.get_secret_value())
    has_minting = bool(settings.junction_management_key.get_secret_value() and settings.junction_team_id)
    return Means(is_set(settings), has_key or has_minting, bool(settings.query_url or settings.query_port))


async def endpoint_of(svix: SvixApi, name: str) -> SentTo:
    """The endpoint with our tag. Raises Misconfigured for none, for two, and for one that is disabled: Svix sends it
    nothing, and says nothing."""
    found = [one for one in await svix.endpoints() if tag.of(one.description) == name]
    if len(found) != 1:
        ids = ", ".join(sorted(one.id for one in found)) or "none"
        raise Misconfigured(f"one endpoint with the tag [junction-streams:{name}] is needed, there is: {ids}")
    if found[0].is_disabled:
        raise Misconfigured(
            f"{found[0].id} is disabled, and Svix would send it nothing: enable it, then run this again"
        )
    return found[0]


class Recovery:
    """One run. `case`: of the three, in words. `outcome` says what came of it, also where it was stopped."""

    def __init__(self, settings: Settings, wanted: RecoverySettings, tell: Tell) -> None:
        self._settings, self._wanted, self._tell = settings, wanted, tell
        self.means, self.case = means_of(settings), str(case_of_recovery(settings))
        self._began_ms = int(time.time() * 1000)
        self._parts = ways.parts(wanted.span, self._began_ms)
        self.outcome = Outcome()

    def plan(self) -> list[Way]:
        """In the order in which it is done."""
        return list(ways.ways(self.means, self._parts))

    async def run(self) -> Outcome:
        """Each way as far as it goes: one that fails is named, and does not keep the others. Raises Misconfigured for
        Svix alone, before anything is sent."""
        plan = self.plan()
        if self.means.has_svix and self._parts.kept:
            await self._by_svix(self._parts.kept)
        await self._by_others(plan)
        self.outcome.wrong += [f"{way.families}: {way.by}" for way in plan if self._is_missing(way)]
        await self._count(is_guided=ways.is_guided(plan))
        return self.outcome

    def _is_missing(self, way: Way) -> bool:
        """Nothing brings it back, or a person alone what not even the dashboard has any more."""
        return way.how is How.NOTHING or (way.how is How.HAND and way.families != "all" and bool(self._parts.lost))

    async def _count(self, *, is_guided: bool) -> None:
        """What arrived; the effect of steps that a person takes."""
        wrong = self.outcome.wrong
        if not self._settings.bootstrap_servers:
            sentence = "what arrives is not counted: STREAMS_BOOTSTRAP_SERVERS is not set"
            self._tell(sentence)
            wrong += [f"all: {sentence}"] if is_guided else []
            return
        self.outcome.arrived = await self._arrivals(is_by_hand=is_guided)
        if is_guided and not self.outcome.arrived.since:
            wrong.append("all: nothing of that time has arrived; were the dashboard's steps taken?")

    async def _by_svix(self, span: SvixSpan) -> None:
        async with open_svix(self._settings) as svix:
            wanted = self._wanted
            if said := await wanted.journal.put_back(svix.set_rate):
                self._tell(said)
            endpoint = await endpoint_of(svix, wanted.name)
            rate = wanted.rate or endpoint.rate_limit or 1000
            by_svix = BySvix(svix, endpoint.id, rate, wanted.patience, self._tell)
            async with wanted.journal.lowered(svix.set_rate, endpoint.id, endpoint.rate_limit, wanted.rate):
                done = await by_svix.bring(span)
        replayed = "a number that it does not tell of" if done.replayed is None else f"{done.replayed:,}"
        self.outcome.asked.append(
            f"Svix: {done.failed:,} failed messages in {done.rounds} rounds, {done.one_by_one:,} of them one by one; "
            f"{replayed} never tried"
        )
        if done.left:
            self.outcome.wrong.append(
                f"{done.left:,} messages are still failed: the gateway does not take them; see its log, run this again"
            )

    async def _by_others(self, plan: list[Way]) -> None:
        now_ms = int(time.time() * 1000)
        span = (self._parts.lost if self.means.has_svix else None) or self._wanted.span
        for way in plan:
            if way.how is not How.API:
                continue
            try:
                if said := await self._one(way, span, now_ms):
                    self.outcome.asked.append(f"{way.families}: {said}")
                    self._tell(self.outcome.asked[-1])
            except StreamsError as error:
                self.outcome.wrong.append(f"{way.families}: {error}")

    async def _one(self, way: Way, span: SvixSpan, now_ms: int) -> str:
        if way.families == "wearables":
            await asyncio.to_thread(by_junction.fetch_gap, self._settings, span, now_ms)
            return "the span of everything we hold is asked for; `junction-streams status USER` shows how far it is"
        if way.families == "labs":
            async with open_client(self._settings) as client:
                return f"{await by_junction.resend_labs(client, span, now_ms):,} orders are sent again"
        if way.families == "connections":
            return str(await connections.recovered(self._settings))
        return ""  # by reconciliation, at the end

    async def _arrivals(self, *, is_by_hand: bool) -> Arrived:
        wait_s = self._wanted.wait_s
        if is_by_hand:
            self._tell(f"waiting up to {wait_s:.0f} s for what the dashboard's steps bring")
        quiet_s = min(self._wanted.patience.quiet_s, wait_s)
        waiting = arrivals.Waiting(quiet_s, wait_s, for_some=is_by_hand)
        return await arrivals.until_quiet(self._settings, self._wanted.span, self._began_ms, waiting)
