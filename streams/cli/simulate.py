"""`simulate`: the fake Junction."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import NONE, START, AsJson, app, read_settings
from streams.cli.through import Door, PushHistory, Through
from streams.ops.errors import Misconfigured

HistoryDays = Annotated[int, typer.Option(min=0, help="Days of history before the first day, for the API to give.")]
Notice = Annotated[
    list[str] | None,
    typer.Option(help="NAME=SHARE of the notices of history: early, missing, reversed, repeated, failed; repeat it."),
]
Stories = Annotated[
    bool, typer.Option("--stories", help="Two people more: the glucose of one falls, the other goes silent for a day.")
]
End = Annotated[str, typer.Option(help="When the last day ends, as 2026-11-18T10:00:00Z; default: now.")]


@app.command(rich_help_panel=START)
def simulate(
    url: Annotated[str, typer.Option(help="Where to post; default: this machine's gateway.")] = "",
    secret_file: Annotated[
        Path | None, typer.Option(help="File with the whsec_...; default: the newest of the endpoint's own.")
    ] = None,
    secret: Annotated[str, typer.Option(hidden=True)] = "",
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
    history_days: HistoryDays = 0,
    notice: Notice = None,
    end: End = "",
    stories: Stories = False,
    door: Door = Through.WEBHOOK,
    push_history: PushHistory = False,
) -> None:
    """A fake Junction: signed deliveries of every family, with duplicates, disorder and lost replies.

    Example: `junction-streams simulate --users 100 --days 3 --rate 500`, or `--from ./bodies` to post recorded ones;
    `--door rabbitmq` (or `pubsub`, `eventhubs`) publishes as Junction's pipeline does, where `source` would read
    """
    from streams.simulator.command import Options
    from streams.simulator.command import simulate as run_simulate

    signing = _secret(secret, secret_file)
    options = Options(
        url, signing, users, days, seed, rate, duplicates, late, lost_ack, reorder_window_s, generation,
        tuple(family or ()), connections, from_folder, align_users, as_json, history_days, tuple(notice or ()), end,
        stories, door.door, push_history,
    )  # fmt: skip
    raise SystemExit(run_simulate(read_settings(running=NONE), options))


def _secret(given: str, file: Path | None) -> str:
    """The secret of a file; "" without one. Raises Misconfigured."""
    if given:
        raise Misconfigured(
            "--secret is gone: every user of this host sees a command's arguments (ps), and the shell keeps them. Put "
            "the secret into a file and give --secret-file FILE, or set STREAMS_ENDPOINTS; and take the one that was "
            "typed here out of the shell's history, or replace it"
        )
    try:
        return file.read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"cannot read --secret-file {file}; it has to hold a whsec_... in one line") from None


@app.command("fake-api", rich_help_panel=START)
def fake_api(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8090,
    users: Annotated[int, typer.Option(min=1, help="Simulated users.")] = 24,
    days: Annotated[int, typer.Option(min=1, help="Simulated days; the last one ends at --end.")] = 7,
    seed: Annotated[int, typer.Option(help="Another seed is another world, with other faults.")] = 1,
    history_days: HistoryDays = 90,
    end: End = "",
    notice: Notice = None,
    generation: Annotated[str, typer.Option(help="Shapes of answers: old, new or mixed.")] = "new",
    page_size: Annotated[int, typer.Option(min=1, help="Samples of a page.")] = 500,
    limit_per_s: Annotated[float, typer.Option(min=0, help="Requests a second above which 429 is answered.")] = 0,
    early_for_s: Annotated[float, typer.Option(min=0, help="How long there is nothing after an early notice.")] = 5,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="NAME=SHARE of all requests, such as unavailable=0.05; a wrong name lists them; repeat it."),
    ] = None,
    as_json: AsJson = False,
    stories: Stories = False,
) -> None:
    """The fake Junction's Data Access API, over the world that `simulate` delivers, until Ctrl-C.

    Example: `junction-streams fake-api --users 24 --days 7 --fault unavailable=0.05 --fault cut=0.01`, then export what
    it prints, and run the `simulate` that it prints for the same world
    """
    from streams.simulator.api.command import Options, serve

    serve(
        Options(
            port, users, days, seed, history_days, end, tuple(notice or ()), generation, page_size, limit_per_s,
            early_for_s, tuple(fault or ()), as_json, stories,
        )
    )  # fmt: skip
