"""`fake-api`: the fake Junction's API at the command line."""

import asyncio
import json
import signal
from dataclasses import dataclass

from streams.simulator.api.app import FakeApi
from streams.simulator.api.options import ApiOptions, read_faults
from streams.simulator.api.serve import running
from streams.simulator.calendar import iso
from streams.simulator.command import Options as WorldOptions
from streams.simulator.command import end_of, make_world


@dataclass(frozen=True, slots=True)
class Options:
    """As the command line gives them."""

    port: int = 8090
    users: int = 24
    days: int = 7
    seed: int = 1
    history_days: int = 90
    end: str = ""
    notices: tuple[str, ...] = ()
    generation: str = "new"
    page_size: int = 500
    limit_per_s: float = 0
    early_for_s: float = 5
    faults: tuple[str, ...] = ()
    as_json: bool = False
    has_stories: bool = False


def serve(options: Options) -> None:
    """Blocks until SIGTERM or Ctrl-C; then prints who asked for what. Raises Misconfigured."""
    asyncio.run(_serve(options, make_api(options)))


def make_api(options: Options) -> FakeApi:
    """Raises Misconfigured on an unknown word."""
    world = make_world(
        WorldOptions(
            users=options.users,
            days=options.days,
            seed=options.seed,
            generation=options.generation,
            history_days=options.history_days,
            notices=options.notices,
            has_stories=options.has_stories,
        ),
        end_of(options.end),
    )
    return FakeApi(
        world,
        ApiOptions(
            page_size=options.page_size,
            generation=world.generation,
            faults=read_faults(options.faults),
            seed=options.seed,
            limit_per_s=options.limit_per_s,
            early_for_s=options.early_for_s,
        ),
    )


async def _serve(options: Options, api: FakeApi) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(api, options.port) as url:
        print(where(options, api, url), flush=True)
        await stop.wait()
    print(_counts(options, api), flush=True)


def where(options: Options, api: FakeApi, url: str) -> str:
    """What a caller needs, ready to be pasted."""
    exports = {"STREAMS_JUNCTION_URL": url, "STREAMS_JUNCTION_API_KEY": api.options.key}
    world = ["--users", str(options.users), "--days", str(options.days), "--seed", str(options.seed)]
    world += ["--history-days", str(options.history_days), "--end", iso(api.handlers.world.end_ms // 1000 * 1000)]
    world += [word for notice in options.notices for word in ("--notice", notice)]
    world += ["--stories"] * options.has_stories
    simulate = f"junction-streams simulate {' '.join(world)}"
    if options.as_json:
        return json.dumps({**exports, **_of_management(api, url), "counts": f"{url}/fake/counts", "simulate": simulate})
    lines = [f"export {name}={value}" for name, value in exports.items()]
    manage = [f"export {name}={value}" for name, value in _of_management(api, url).items()]
    return "\n".join(
        [
            *("# the fake Junction's API; Ctrl-C ends it", *lines),
            *("# its Management API, for `junction-streams webhooks`; any org and team will do", *manage),
            f"# its world: {simulate}",
        ]
    )


def _of_management(api: FakeApi, url: str) -> dict[str, str]:
    return {
        "STREAMS_JUNCTION_MANAGEMENT_URL": url,
        "STREAMS_JUNCTION_MANAGEMENT_KEY": api.options.management_key,
    }


def _counts(options: Options, api: FakeApi) -> str:
    counts = api.counts.summary()
    counts["users"] = len(counts["users"])
    if options.as_json:
        return json.dumps(counts)
    width = max(map(len, counts))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in counts.items())
