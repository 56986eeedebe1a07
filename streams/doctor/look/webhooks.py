"""Webhooks from Junction to the gateway: webhooks.toml, Junction's Management API, a probe, our heartbeats."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from connectors.control import junction_clock, signing_secret, tag
from connectors.control.file import DEFAULT, Everything, WantedEndpoint, WebhooksFile, read
from connectors.control.probing import routes
from connectors.junction import pipeline_setup
from connectors.junction.etl_pipelines import WEBHOOKS
from connectors.junction.management import open_management
from connectors.junction.retry_policy import RetryPolicy
from connectors.junction.webhook_api import TeamPlace, Webhook, WebhookApi, open_webhooks
from streams.doctor.judge import webhooks
from streams.events import topics
from streams.events.signature import Keyring
from streams.kafka import admin
from streams.ops import clocks
from streams.ops.errors import Misconfigured, StreamsError, Unavailable
from streams.ops.lines import Line, look_at, silent, wrong
from streams.ops.settings import Settings
from streams.ops.unawaited import Unawaited

_ANSWER_S = 4.0
_POLICY = RetryPolicy(tries=2, total_s=_ANSWER_S)


def is_wanted(settings: Settings) -> bool:
    """Whether there is anything to look at: a file, or a key."""
    return DEFAULT.exists() or bool(settings.junction_management_key.get_secret_value())


def newest_heartbeat(settings: Settings) -> int | None:
    """When any gateway last accepted a delivery, Unix milliseconds. Raises Unavailable."""
    return admin.newest_ms(admin.client_of(settings), settings, topics.HEARTBEATS)


Heard = Callable[[Settings], int | None]


def chain(settings: Settings, path: Path = DEFAULT, heard: Heard = newest_heartbeat) -> list[Line]:
    """Every link, in the order of an event's way. What cannot be seen with these credentials says so.

    Raises Misconfigured for a file that is none.
    """
    file = read(path) if path.exists() else None
    return asyncio.run(_chain(settings.model_copy(update={"junction_timeout_s": _ANSWER_S}), file, heard))


async def _chain(settings: Settings, file: WebhooksFile | None, heard: Heard) -> list[Line]:
    asyncio.get_running_loop().set_default_executor(Unawaited())
    wanted = _wanted(file, settings)
    place = file.team if file else TeamPlace()
    has_key = bool(settings.junction_management_key.get_secret_value())
    asked: list[Callable[[], Awaitable[list[Line]]]] = []
    if has_key:
        asked.append(lambda: _at_junction(settings, place, wanted, file))
        asked.append(lambda: _pipeline(settings, place))
    asked += [
        lambda: _probed(settings, file),
        lambda: _clock(settings),
        lambda: _heard(settings, place, heard, has_key=has_key),
    ]
    found = await asyncio.gather(*(_lines(one) for one in asked))
    before = [] if has_key else [webhooks.without_key(file is not None)]
    return [*before, *(line for lines in found for line in lines), webhooks.survived(settings.raw_retention_days)]


async def _lines(ask: Callable[[], Awaitable[list[Line]]]) -> list[Line]:
    """One question's lines: a system that does not answer takes no other's away."""
    try:
        async with asyncio.timeout(2 * _ANSWER_S):
            return await ask()
    except (Unavailable, TimeoutError) as error:
        return [silent(webhooks.ABOUT, str(error) or "no whole answer in time")]
    except StreamsError as error:
        return [wrong(webhooks.ABOUT, str(error), "")]


def _wanted(file: WebhooksFile | None, settings: Settings) -> list[webhooks.WebhookWanted]:
    if file is None:
        return [webhooks.WebhookWanted(name) for name in settings.endpoints]
    return [
        webhooks.WebhookWanted(
            one.name, one.url, one.is_enabled, patterns=None if isinstance(one.events, Everything) else one.events
        )
        for one in file.endpoints.values()
    ]


async def _at_junction(
    settings: Settings, place: TeamPlace, wanted: Sequence[webhooks.WebhookWanted], file: WebhooksFile | None
) -> list[Line]:
    async with open_webhooks(settings, place, _POLICY) as api:
        there = await api.list()
        found = await asyncio.gather(
            *(_of_endpoint(api, one, there, _prints(one.name, file, settings)) for one in wanted)
        )
    return [line for lines in found for line in lines]


async def _of_endpoint(
    api: WebhookApi, wanted: webhooks.WebhookWanted, there: Iterable[Webhook], here: tuple[str, ...]
) -> list[Line]:
    ours = [one for one in there if tag.of(one.description) == wanted.name]
    seen = [webhooks.WebhookSeen(one.id, one.url, one.is_disabled, one.filter_types) for one in ours]
    lines = webhooks.endpoint(wanted, seen)
    if len(ours) == 1:
        lines += webhooks.filters(wanted, ours[0].filter_types)
        at_junction = signing_secret.fingerprint(await api.secret(ours[0].id))
        lines.append(webhooks.secret(wanted.name, at_junction, here))
    return lines


def _prints(name: str, file: WebhooksFile | None, settings: Settings) -> tuple[str, ...]:
    """Of the secrets that are known here, by the file of webhooks.toml or the settings."""
    try:
        known = file.endpoints[name].secret_file if file else None
        texts = routes.secrets_here(name, known, settings)
    except Misconfigured:
        return ()  # the probe says why
    return Keyring.parse(texts, any_length=True).fingerprints


async def _probed(settings: Settings, file: WebhooksFile | None) -> list[Line]:
    if file is None or not file.endpoints:
        return [look_at("probe", "no webhooks.toml here names a URL to probe", "docs/webhooks.md shows how it looks")]
    ways = [way for one in file.endpoints.values() for way in _ways(one, settings)]
    return await routes.look(ways, settings)


def _ways(wanted: WantedEndpoint, settings: Settings) -> Iterable[routes.ProbeWay]:
    ways = routes.ways_of(wanted, settings)
    return (way._replace(route=way.route._replace(timeout_s=_ANSWER_S)) for way in ways)


async def _clock(settings: Settings) -> list[Line]:
    seen = await junction_clock.read(settings, _ANSWER_S)
    if seen.theirs_ms is None:
        return []
    tolerance_s, grain_ms = settings.signature_tolerance_s, junction_clock.GRAIN_MS
    return [clocks.clock("Junction", seen.theirs_ms, seen.ours_ms, grain_ms=grain_ms, tolerance_s=tolerance_s)]


async def _heard(settings: Settings, place: TeamPlace, heard: Heard, *, has_key: bool) -> list[Line]:
    counted = await _counted(settings, place) if has_key else None
    newest_ms = await asyncio.to_thread(heard, settings)
    return list(webhooks.deliveries(None if newest_ms is None else newest_ms / 1000, counted, time.time()))


async def _counted(settings: Settings, place: TeamPlace) -> webhooks.Series:
    async with open_webhooks(settings, place, _POLICY) as api:
        return series_of(await api.delivery_metric("1h"))


def series_of(answer: Any) -> webhooks.Series:
    """Junction's matrix, by the first label of each series; what is none of the shape is left out."""
    data = answer.get("data") if isinstance(answer, dict) else None
    rows = data.get("result") if isinstance(data, dict) else None
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("metric"), dict) and isinstance(row.get("values"), list):
            name = " ".join(str(value) for value in row["metric"].values())
            found.setdefault(name, []).extend(filter(None, map(_point, row["values"])))
    return found


def _point(value: Any) -> tuple[float, float] | None:
    try:
        at_s, count = value
        return float(at_s), float(count)
    except (TypeError, ValueError):
        return None


async def _pipeline(settings: Settings, place: TeamPlace) -> list[Line]:
    whole = place.filled(settings)
    its = settings.model_copy(update={"junction_org_id": whole.org_id, "junction_environment": whole.environment})
    async with open_management(its, _POLICY) as api:
        there = await pipeline_setup.there(api, whole.team_id)
    said = there.get("preferences") if there else None
    preferences = said if isinstance(said, dict) else {}
    enabled, preferred = preferences.get("enabled"), str(preferences.get("preferred") or WEBHOOKS)
    ways = [str(one) for one in enabled] if isinstance(enabled, list) else []
    return [webhooks.pipeline(None if there is None else ways, preferred, WEBHOOKS)]
