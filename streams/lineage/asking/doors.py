"""What gateways say of a delivery that is nowhere, or of a time: what they refused, and when none took anything."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from functools import partial

from streams.lineage.asking import heartbeats
from streams.lineage.asking.came_since import Came, CameSince, Ids, nobody_looked
from streams.lineage.delivery.facts import DoorAttempt, DoorLook, Heartbeats
from streams.lineage.why.facts import DoorNews, RefusalSeen
from streams.lineage.words import moment
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings
from streams.status.gateways import GatewayReport, RefusedAttempt, RefusedQuery, refused
from streams.status.refused_page import LIMIT_MAX

NO_GATEWAYS = "what gateways refused is not known: no gateway is named, set STREAMS_CONSOLE_GATEWAYS"


class Doors:
    """Asks gateways, and heartbeats on Kafka. Each call blocks, in a thread without an event loop.

    `came`: which deliveries that were refused have come in since: then their refusals explain nothing.
    """

    def __init__(self, settings: Settings, came: Came = nobody_looked) -> None:
        self._settings, self._came = settings, came

    def refusals(self, delivery_id: str) -> DoorLook:
        """What gateways remember of this delivery. Raises nothing: who is away is a sentence."""
        return look_of(self._reports(RefusedQuery(delivery_id, limit=LIMIT_MAX)), delivery_id)

    def heartbeats(self, at_ms: int) -> Heartbeats:
        """The signs of gateways that took deliveries around a time. Raises Unavailable, Misconfigured."""
        return heartbeats.around(heartbeats.signs_since(self._settings, at_ms), at_ms)

    def between(self, from_ms: int, until_ms: int) -> DoorNews:
        """What happened at the gateways in [from_ms, until_ms). Raises what `came` does: else a sentence says it."""
        reports = self._reports(RefusedQuery("", from_ms, until_ms, LIMIT_MAX))
        missing = [*_missing(reports), *_forgotten(reports, from_ms)]
        signs = heartbeats.GatewaySigns()
        try:
            signs = heartbeats.signs_since(self._settings, from_ms)
            missing += _unheard(signs, from_ms)
        except StreamsError as error:
            missing.append(f"when gateways took deliveries is not known: {error}")
        now_ms, since_ms = int(time.time() * 1000), [one.accepting_since_ms for one in reports]
        all_away = bool(reports) and all(one.is_away for one in reports)
        quiet = heartbeats.quiet_spans(signs, from_ms, until_ms, now_ms, since_ms, all_away=all_away)
        attempts = _by_time(reports)
        ids = maybe_junctions(attempts)
        came = self._came(ids) if ids else CameSince()
        return DoorNews(tuple(_still_missed(attempts, came.ids)), quiet, tuple(missing), came.unsure)

    def _reports(self, query: RefusedQuery) -> tuple[GatewayReport, ...]:
        return asyncio.run(refused(self._settings, query))


def look_of(reports: tuple[GatewayReport, ...], delivery_id: str) -> DoorLook:
    """Reports of gateways as a story wants them. Pure."""
    return DoorLook(
        attempts=tuple(map(partial(_attempt, delivery_id), _by_time(reports))),
        remembers_since_ms=max((one.remembers_since_ms for one in reports), default=0),
        accepting_since_ms=_accepting_since(reports),
        missing=tuple(_missing(reports)),
    )


def _attempt(delivery_id: str, one: RefusedAttempt) -> DoorAttempt:
    is_cut = one.claimed_id != delivery_id
    return DoorAttempt(
        at_ms=one.at_ms, gateway=one.gateway, endpoint=one.endpoint, outcome=one.outcome, status=one.status,
        body_bytes=one.body_bytes, is_signed=one.is_signed, is_cut=is_cut,
    )  # fmt: skip


def maybe_junctions(attempts: Iterable[RefusedAttempt]) -> Ids:
    """Ids of deliveries that may have come since: a gateway that is busy refuses before it tries a signature."""
    return frozenset(one.claimed_id for one in attempts if one.is_signed is not False and one.claimed_id)


def _still_missed(attempts: Iterable[RefusedAttempt], came: Ids) -> Iterator[RefusalSeen]:
    for one in attempts:
        if one.claimed_id not in came:
            yield RefusalSeen(one.at_ms, one.gateway, one.outcome, one.status, one.claimed_id, one.is_signed)


def _by_time(reports: Iterable[GatewayReport]) -> list[RefusedAttempt]:
    return sorted((one for report in reports for one in report.attempts), key=lambda one: one.at_ms)


def _accepting_since(reports: Iterable[GatewayReport]) -> int:
    """Since when all of them have accepted; 0 where that is not known of one."""
    times = [one.accepting_since_ms for one in reports]
    return max(times) if times and all(times) else 0


def _missing(reports: tuple[GatewayReport, ...]) -> Iterator[str]:
    """A sentence for each gateway that did not say all, without a full stop."""
    if not reports:
        yield NO_GATEWAYS
    for one in reports:
        if one.trouble:
            yield one.trouble
        if one.is_cut:
            yield f"the gateway at {one.gateway} refused more than {len(one.attempts):,}, of which the newest are here"


def _forgotten(reports: Iterable[GatewayReport], from_ms: int) -> Iterator[str]:
    for one in reports:
        if one.remembers_since_ms > from_ms:
            yield f"the gateway at {one.gateway} remembers what it refused since {moment(one.remembers_since_ms)} only"


def _unheard(signs: heartbeats.GatewaySigns, from_ms: int) -> Iterator[str]:
    if signs.unread:
        yield f"outages of gateways are not all known: {signs.unread}"
    if signs.heard_ms and signs.heard_ms[0] > from_ms:
        yield f"whether gateways took deliveries is on record since {moment(signs.heard_ms[0])} only"
