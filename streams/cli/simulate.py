"""`simulate`: the fake Junction."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import AsJson, app, read_settings


@app.command()
def simulate(
    url: Annotated[str, typer.Option(help="Where to post; default: this machine's gateway.")] = "",
    secret: Annotated[str, typer.Option(help="whsec_...; default: the newest of the endpoint's own.")] = "",
    users: Annotated[int, typer.Option(min=1, help="Simulated users.")] = 24,
    days: Annotated[int, typer.Option(min=1, help="Simulated days; the last one ends now.")] = 7,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Deliveries per second; 0: as fast as it goes.")] = 0,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="Share delivered twice.")] = 0.1,
    late: Annotated[float, typer.Option(min=0, max=1, help="Share delivered again hours later.")] = 0.02,
    lost_ack: Annotated[float, typer.Option(min=0, max=1, help="Share whose reply the sender misses.")] = 0.02,
    reorder_window_s: Annotated[float, typer.Option(min=0, help="Held back by up to so many virtual seconds.")] = 7200,
    generation: Annotated[str, typer.Option(help="Payload shapes: old, new or mixed.")] = "mixed",
    family: Annotated[list[str] | None, typer.Option(help="Only these families; repeat it for several.")] = None,
    connections: Annotated[int, typer.Option(min=1, help="Open connections.")] = 32,
    from_folder: Annotated[Path | None, typer.Option("--from", help="Sign and post the *.json of this folder.")] = None,
    align_users: Annotated[bool, typer.Option(help="With --from: set data.user_id to user_id.")] = False,
    as_json: AsJson = False,
) -> None:
    """A fake Junction: signed deliveries of every family, with duplicates, disorder and lost replies.

    Example: `junction-streams simulate --users 100 --days 3 --rate 500`, or `--from ./bodies` to post recorded ones
    """
    from streams.simulator.command import Options
    from streams.simulator.command import simulate as run_simulate

    options = Options(
        url, secret, users, days, seed, rate, duplicates, late, lost_ack, reorder_window_s, generation,
        tuple(family or ()), connections, from_folder, align_users, as_json,
    )  # fmt: skip
    raise SystemExit(run_simulate(read_settings(), options))
