"""The chain of webhooks: what Junction has of an endpoint, what it lets through and delivers, what an outage costs.

What was written down is compared with what there is; where nothing is written down, with what the product can use.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from streams.events import DAY_S, HOUR_S, MINUTE_S, resources
from streams.events.types import Family, parse_type
from streams.ops.lines import Line, look_at, ok, some, unchecked, wrong

ABOUT = "webhooks"
RETRIES_H = 27  # 27 h 35 min, each wait up to 20 % shorter (domain file, 7.4)
DISABLED_D = 5
_QUIET_S = HOUR_S
# Without these the product does not do what it is for; the rest is data that somebody may not want.
_VITAL = {
    Family.CONNECTION: ("provider.connection.created", "nobody's connection is known"),
    Family.BACKFILL: ("historical.data.sleep.created", "no history is fetched"),
}
_OTHERS = {
    Family.LAB: ("labtest.order.updated", "labs"),
    Family.DEVICE: ("provider.device.created", "devices"),
    Family.QUERY: ("continuous_query.result_table.changed", "query_results"),
}


class WebhookSeen(NamedTuple):
    """One endpoint as Junction has it. `filter_types`: None is everything."""

    id: str
    url: str
    is_disabled: bool
    filter_types: tuple[str, ...] | None


class WebhookWanted(NamedTuple):
    """As webhooks.toml has it. `url`: "" where no file says it. `patterns`: of types; None is everything."""

    name: str
    url: str = ""
    is_enabled: bool = True
    patterns: tuple[str, ...] | None = None

    def lets_in(self, event_type: str) -> bool:
        """As `connectors.control.globs` reads patterns: in order, the later one counts."""
        found = self.patterns is None
        for pattern in self.patterns or ():
            if fnmatchcase(event_type, pattern.removeprefix("!")):
                found = not pattern.startswith("!")
        return found


def endpoint(wanted: WebhookWanted, found: Sequence[WebhookSeen]) -> list[Line]:
    """Of those at Junction with the tag of this name: there, one, on, right URL."""
    name = wanted.name
    if not found:
        change = "`junction-streams webhooks plan`, then `apply`; one that is there already: `webhooks adopt ID NAME`"
        return [wrong(ABOUT, f"{name}: no endpoint at Junction has the tag [junction-streams:{name}]", change)]
    if len(found) > 1:
        ids = " and ".join(sorted(one.id for one in found))
        change = "each event comes twice: take the tag off one of them in Junction's dashboard, or delete that one"
        return [wrong(ABOUT, f"{name}: {len(found)} endpoints at Junction have its tag: {ids}", change)]
    (seen,) = found
    lines = []
    if seen.is_disabled and wanted.is_enabled:
        change = (
            "`junction-streams webhooks apply` switches it on; then `junction-streams webhooks recover`: of what came "
            "meanwhile nothing comes by itself"
        )
        lines.append(wrong(ABOUT, f"{name}: {seen.id} is switched off at Junction", change))
    if wanted.url and seen.url != wanted.url:
        change = "`junction-streams webhooks plan` shows both, `apply` sets it right"
        lines.append(wrong(ABOUT, f"{name}: {seen.id} has another URL than webhooks.toml", change))
    return lines or [ok(ABOUT, f"{name}: {seen.id} is the one with its tag, and {_on(seen)}")]


def _on(seen: WebhookSeen) -> str:
    return "switched off, as wanted" if seen.is_disabled else "on"


def filters(wanted: WebhookWanted, types: tuple[str, ...] | None) -> list[Line]:
    """What never comes by a filter of exact types. `types`: Junction's; None is everything."""
    about = "filters"
    if types is None:
        return [ok(about, f"{wanted.name}: every event type comes, those of tomorrow too")]
    known = [parse_type(one) for one in types]
    families = {kind.family for kind in known}
    missing = [(event_type, means, True) for family, (event_type, means) in _VITAL.items() if family not in families]
    missing += [
        (event_type, f"{topic} will stay empty", False)
        for family, (event_type, topic) in _OTHERS.items()
        if family not in families
    ]
    data = {kind.resource for kind in known if kind.family in (Family.SUMMARY, Family.TIMESERIES)}
    if empty := sorted(set(resources.RESOURCES) - data):
        missing.append((f"daily.data.{empty[0]}.created", f"{some(empty)} will stay empty", False))
    lines = [_filtered(wanted, event_type, means, is_vital=is_vital) for event_type, means, is_vital in missing]
    found = f"{wanted.name}: {len(types)} types come, for every topic; a new type of Junction does not"
    return lines or [look_at(about, found, 'events = "everything" lets it in')]


def _prefix(event_type: str) -> str:
    """`labtest`, `provider.connection`: what all types of its kind begin with."""
    parts = event_type.split(".")
    return ".".join(parts[:2]) if parts[0] == "provider" else parts[0]


def _filtered(wanted: WebhookWanted, event_type: str, means: str, *, is_vital: bool) -> Line:
    pattern = "daily.data" if event_type.startswith("daily.") else _prefix(event_type)
    found = f"{wanted.name}: {means}: {pattern}.* is filtered out"
    if wanted.lets_in(event_type):
        change = "webhooks.toml wants it: `junction-streams webhooks plan`, then `apply`"
        return wrong("filters", found, change)
    change = f'right where nobody needs it; else add "{pattern}.*" to events in webhooks.toml, then `webhooks apply`'
    return wrong("filters", found, change) if is_vital else look_at("filters", found, change)


def secret(name: str, at_junction: str, here: Sequence[str]) -> Line:
    """By fingerprints: `here` of the gateway's secrets, newest first."""
    if not here:
        change = "set secret_file in webhooks.toml, or STREAMS_ENDPOINTS as the gateway has it"
        return unchecked("secret", f"{name}: Junction signs with {at_junction}; no secret is known here", change)
    if at_junction not in here:
        found = f"{name}: Junction signs with {at_junction}, and here is {', '.join(here)}: every delivery gets 401"
        change = (
            "somebody rotated elsewhere: `junction-streams webhooks rotate` with --take-theirs, or copy the secret "
            "from Junction's dashboard into the gateway's file"
        )
        return wrong("secret", found, change)
    if at_junction != here[0]:
        change = "`junction-streams webhooks rotate` goes on from there"
        found = f"{name}: Junction signs with {at_junction}, an older one; the newest is {here[0]}"
        return look_at("secret", found, change)
    return ok("secret", f"{name}: Junction signs with {at_junction}, our newest")


Series = Mapping[str, Sequence[tuple[float, float]]]  # status → (Unix seconds, how many), as Junction counts


def deliveries(heard_s: float | None, counted: Series | None, now_s: float) -> Iterator[Line]:
    """Our newest heartbeat beside what Junction counted. `heard_s`: Unix seconds, None for never."""
    last = "none was accepted yet" if heard_s is None else f"the last one was accepted {_span(now_s - heard_s)} ago"
    is_lately = heard_s is not None and now_s - heard_s < _QUIET_S
    if counted is None:
        if is_lately:
            yield ok("deliveries", last)
        else:
            yield look_at("deliveries", last, "are there users whose devices send?")
        return
    good, bad = _sums(counted, "succ", "deliv", "ok"), _sums(counted, "fail", "err", "exhaust")
    lately = sum(n for at_s, n in good if now_s - at_s < 2 * _QUIET_S)
    if is_lately or not lately:
        yield ok("deliveries", f"{last}; Junction counts {lately:,.0f} in two hours")
    else:
        found = f"Junction says that {lately:,.0f} were taken in two hours, and here {last}"
        yield wrong("deliveries", found, "somebody else takes them: look where the URL of each endpoint leads")
    yield from _failing(good, bad, now_s)


def _failing(good: Sequence[tuple[float, float]], bad: Sequence[tuple[float, float]], now_s: float) -> Iterator[Line]:
    """Attempts that failed since the last that did not; after five days of that an endpoint is switched off."""
    last_s = max((at_s for at_s, n in good if n), default=0.0)
    failed = [(at_s, n) for at_s, n in bad if n and at_s > last_s]
    change = "docs/runbook/gateway-503.md and 401-storm.md; when it is mended, `junction-streams webhooks recover`"
    if failed:
        since_s = min(at_s for at_s, _ in failed)
        left_s = max(0.0, since_s + DISABLED_D * DAY_S - now_s)
        found = f"all {sum(n for _, n in failed):,.0f} attempts have failed for {_span(now_s - since_s)}"
        yield wrong("attempts", f"{found}: in {_span(left_s)} Junction switches the endpoint off", change)
        return
    lately = sum(n for at_s, n in bad if now_s - at_s < DAY_S)
    if lately:
        found = f"{lately:,.0f} failed within a day, and others did not: they are tried again"
        yield look_at("attempts", found, change)
    else:
        yield ok("attempts", "none failed within a day")


def _sums(counted: Series, *words: str) -> list[tuple[float, float]]:
    # Junction publishes the shape, and not the words that it counts by: any that begins so.
    return [row for name, rows in counted.items() if any(word in name.lower() for word in words) for row in rows]


def pipeline(enabled: Iterable[str] | None, preferred: str, word: str) -> Line:
    """Of a team's ETL pipeline. `enabled`: None where there is none; `word`: Junction's for webhooks."""
    if enabled is None:
        return ok("pipeline", "none: webhooks are the one way")
    ways = sorted(set(enabled) | {preferred})
    if word not in ways:
        change = "no webhook comes: `junction-streams source check` looks at that way; back: `source setup remove`"
        return wrong("pipeline", f"Junction pushes into {some(ways)} alone", change)
    change = "right while moving, `junction-streams source diff` compares; then leave one (docs/moving-doors.md)"
    return look_at("pipeline", f"Junction writes twice: {some(ways)}, of which it prefers {preferred}", change)


def survived(raw_days: int) -> Line:
    """How long who may be away."""
    found = (
        f"a gateway may be away for {RETRIES_H} h, Junction tries again; longer: `junction-streams webhooks recover`, "
        f"from what is kept 90 days. After {DISABLED_D} days the endpoint is off. Workers may be away {raw_days} days"
    )
    return ok("outage", found)


def without_key(has_file: bool) -> Line:
    """Nothing of Junction's side can be seen."""
    about = "endpoint, filters, secret at Junction, what it delivers"
    change = (
        "set STREAMS_JUNCTION_MANAGEMENT_KEY and STREAMS_JUNCTION_ORG_ID (Junction's customer success manager has "
        "them); until then look in Junction's dashboard, under Webhooks: on, its URL, its filters, its signing secret"
    )
    return unchecked(ABOUT, f"{about}{'' if has_file else '; no webhooks.toml either'}", change)


def _span(seconds: float) -> str:
    for unit_s, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {name}"
    return f"{max(0.0, seconds):.0f} s"
