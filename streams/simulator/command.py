"""`simulate`: the fake Junction at the command line."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TimeElapsedColumn

from streams.events import DAY_MS, Family, times
from streams.events.doors import DoorName
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.delivery.brokers import open_broker
from streams.simulator.delivery.courier import Tally, Target, open_courier
from streams.simulator.delivery.publisher import PipelinePublisher
from streams.simulator.delivery.recorded import post_all, read_folder
from streams.simulator.delivery.schedule import Cause, Faults, faults_of, schedule
from streams.simulator.shares import read_shares
from streams.simulator.world.notices import Notices
from streams.simulator.world.world import Generation, World

INTERRUPTED = 130  # what shells say of a program that Ctrl-C ended
_SHOW_EVERY = 64  # deliveries; drawing costs more than posting


@dataclass(frozen=True, slots=True)
class Options:
    """`url` and `secret` empty: this machine's gateway and its newest secret, from the settings.

    `rate`: deliveries per second, 0 as fast as it goes. Shares between 0 and 1. `families` empty: all of them. `end`:
    when the last day ends (RFC 3339), "" for now. `has_stories`: with the two people of `stories`. `door`: a pipeline's
    is published into. `is_pushed`: history comes as events.
    """

    url: str = ""
    secret: str = ""
    users: int = 24
    days: int = 7
    seed: int = 1
    rate: float = 0
    duplicates: float = 0.1
    late: float = 0.02
    lost_ack: float = 0.02
    reorder_window_s: float = 7200
    generation: str = Generation.MIXED
    families: tuple[str, ...] = ()
    connections: int = 32
    from_folder: Path | None = None
    align_users: bool = False
    as_json: bool = False
    history_days: int = 0
    notices: tuple[str, ...] = ()
    end: str = ""
    has_stories: bool = False
    door: str = DoorName.WEBHOOK
    is_pushed: bool = False


def simulate(settings: Settings, options: Options) -> int:
    """Exit code: 0 if all was accepted, 130 after Ctrl-C, else 1; each time with the sum of what was sent.

    Raises Misconfigured; Unavailable when nobody accepts anything.
    """
    is_webhook = options.door == DoorName.WEBHOOK
    if is_webhook and options.is_pushed:
        raise Misconfigured("history is pushed by pipelines alone: give --push-history with a --door of theirs")
    if options.from_folder is not None:
        if not is_webhook:
            raise Misconfigured("--from posts webhooks: leave --door away")
        return _from_folder(find_target(settings, options), options)
    world, faults = make_world(options, end_of(options.end)), make_faults(options)
    began = time.monotonic()
    tally, is_whole = Tally(), False
    with _progress(world) as follow, suppress(KeyboardInterrupt):
        if is_webhook:
            asyncio.run(send(world, faults, find_target(settings, options), options.rate, follow, tally))
        else:
            asyncio.run(publish(world, faults, settings, options, follow, tally))
        is_whole = True
    _print(summarise(tally, time.monotonic() - began), options.as_json)
    return _exit_code(is_whole, tally.accepted == sum(tally.causes.values()))


def _exit_code(is_whole: bool, is_accepted: bool) -> int:
    return INTERRUPTED if not is_whole else 0 if is_accepted else 1


async def send(
    world: World,
    faults: Faults,
    target: Target,
    rate_per_s: float = 0,
    progress: Callable[[Tally], None] | None = None,
    tally: Tally | None = None,
) -> Tally:
    """Deliver a world to a target, to the last event. `tally`: counts as it goes, for whoever stops it."""
    async with open_courier(target, tally) as courier:
        return await courier.deliver(schedule(world.events(), faults), rate_per_s, progress)


async def publish(
    world: World, faults: Faults, settings: Settings, options: Options, progress: Callable[[Tally], None], tally: Tally
) -> None:
    """Publish a world into a pipeline's broker, to the last event."""
    async with open_broker(options.door, settings) as broker:
        await PipelinePublisher(broker, tally).deliver(schedule(world.events(), faults), options.rate, progress)


def find_target(settings: Settings, options: Options) -> Target:
    """Where to post and how to sign. Raises Misconfigured when no endpoint or no secret of it is known."""
    url = options.url
    if not url:
        if not settings.endpoints:
            raise Misconfigured("no endpoint to post to; set STREAMS_ENDPOINTS, or give --url and --secret-file")
        url = f"http://{settings.gateway_host}:{settings.gateway_port}/webhooks/{next(iter(settings.endpoints))}"
    secret = options.secret or _newest(settings, url.rstrip("/").rpartition("/")[2])
    if not secret:
        raise Misconfigured(f"no secret for {url}; give --secret-file, or name the endpoint in STREAMS_ENDPOINTS")
    return Target(url, secret, options.connections)


def _newest(settings: Settings, endpoint: str) -> str:
    """The newest secret of an endpoint, "" for one that is not configured. Raises Misconfigured."""
    if not settings.endpoints.get(endpoint):
        return ""
    from connectors.webhook import secret_files  # here, because it brings the whole gateway along

    return secret_files.secrets_of(settings, endpoint)[0]


def make_world(options: Options, end_ms: int) -> World:
    """The world whose last day ends at `end_ms` (Unix milliseconds). Raises Misconfigured on an unknown word."""
    try:
        families = frozenset(map(Family, options.families)) or frozenset(Family)
        generation = Generation(options.generation)
    except ValueError as error:
        words = ", ".join(Generation) if "Generation" in str(error) else ", ".join(Family)
        raise Misconfigured(f"{error}; choose from {words}") from None
    where = (options.seed, options.users, options.days, end_ms, generation, families)
    return World(
        *where, options.history_days, read_notices(options.notices), options.has_stories, is_pushed=options.is_pushed
    )


def read_notices(words: Sequence[str]) -> Notices:
    """`early=0.1` and the like. Raises Misconfigured, naming the words there are."""
    names = [field.name for field in fields(Notices)]
    return Notices(**read_shares("--notice", words, names))


def end_of(text: str) -> int:
    """Unix milliseconds of a time, or of now. Raises Misconfigured."""
    if not text:
        return int(time.time() * 1000)
    try:
        return times.micros(text)[0] // 1000
    except ValueError:
        raise Misconfigured(f"--end {text!r} is no time; it looks like 2026-11-18T10:00:00Z") from None


def make_faults(options: Options) -> Faults:
    """What goes wrong on the way, as far as it can at that door."""
    wanted = Faults(options.seed, options.duplicates, options.late, options.lost_ack, options.reorder_window_s)
    return faults_of(options.door, wanted)


def summarise(tally: Tally, seconds: float) -> dict[str, Any]:
    """What happened, for people and machines."""
    return {
        "events": tally.causes[Cause.FIRST],
        "sent": tally.sent,
        "accepted": tally.accepted,
        "refused": tally.refused,
        "given_up": tally.given_up,
        "retried": tally.retried,
        "duplicates": tally.causes[Cause.DUPLICATE],
        "late": tally.causes[Cause.LATE],
        "lost_acks": tally.causes[Cause.LOST_ACK],
        "body_bytes": tally.body_bytes,
        "statuses": dict(sorted(tally.statuses.items())),
        "seconds": round(seconds, 2),
        "per_second": round(tally.sent / seconds) if seconds else 0,
    }


def _from_folder(target: Target, options: Options) -> int:
    recorded = read_folder(options.from_folder or Path(), align_users=options.align_users)

    statuses: dict[str, int | None] = {}

    async def post() -> None:
        async with open_courier(target) as courier:
            await post_all(courier, recorded, statuses)

    is_whole = False
    with suppress(KeyboardInterrupt):
        asyncio.run(post())
        is_whole = True
    accepted = sum(status is not None and 200 <= status < 300 for status in statuses.values())
    rows = {name: status or "no answer" for name, status in statuses.items()}
    totals = {"sent": len(statuses), "accepted": accepted}
    _print(totals | {"files": statuses} if options.as_json else rows | totals, options.as_json)
    return _exit_code(is_whole, accepted == len(statuses))


def _print(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary))
        return
    width = max(map(len, summary), default=0)
    for name, value in summary.items():
        print(f"{name:<{width}}  {value}")


@contextmanager
def _progress(world: World) -> Iterator[Callable[[Tally], None]]:
    """Shows on stderr which virtual day it is; nothing where nobody is looking."""
    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), "day {task.completed:.1f} of {task.total}", TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulate", total=world.days)

        shown = 0

        def follow(tally: Tally) -> None:
            nonlocal shown
            if tally.sent >= shown + _SHOW_EVERY:  # not every n-th: others post between two calls
                shown = tally.sent
                days = (tally.virtual_ms - world.start_ms) / DAY_MS
                progress.update(task, completed=min(days, world.days), description=f"sent {tally.sent:,}")

        yield follow
