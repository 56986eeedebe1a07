"""What all commands share: the app, settings, and how errors become exits.

Exit codes: 0 done, 1 the work found something wrong, 2 a person has to change something, 3 a system does not answer.
"""

import re
import sys
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from streams import __version__
from streams.ops import private
from streams.ops.errors import Forbidden, Misconfigured, StreamsError, Unavailable
from streams.ops.settings import Settings, load

if TYPE_CHECKING:
    from streams.demo.running.notice import Kind

# Whose Kafka a command uses where no setting names one. A demo has each of the services already: a second worker of the
# same name would fence the first.
ANY: tuple["Kind", ...] = ("demo", "up")
FOR_SERVICES: tuple["Kind", ...] = ("up",)
NONE: tuple["Kind", ...] = ()

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local values would print payloads and secrets
    rich_markup_mode="markdown",
    help=(
        "Junction's webhooks on Kafka: verified, deduplicated, enriched, exactly once.\n\n"
        "Start with `junction-streams demo`: everything on this machine. Settings come from the environment "
        "(`STREAMS_...`) or `.env`; docs/configuration.md lists them. Where none of them says how to reach Kafka, "
        "commands use the `demo` or `up` that runs here; `gateway`, `worker` and `fetcher` use `up` alone."
    ),
)

# Groups of `--help`, in the order of a user's days.
START, SERVICES, LOOK, MEND = "Start here", "Services", "Look", "Set up and mend"

RebuildState = Annotated[
    bool, typer.Option("--rebuild-state", help="Forget the tables on disk and make them from Kafka's changelogs.")
]
AcceptOffsets = Annotated[
    bool,
    typer.Option(
        "--accept-offsets",
        help="Go on from the group's committed offsets, whatever the tables say: somebody set them by hand.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def main() -> None:
    """Entry point of the console script."""
    private.close_files()  # before anything is written: tables and Kafka's files hold health data
    try:
        app()
    except Forbidden as error:
        _stop(f"{error} (role {_role()}: docs/rights.md)", 2)
    except Misconfigured as error:
        _stop(str(error), 2)
    except Unavailable as error:
        _stop(f"{error} (try again in {error.retry_after_s} s)", 3)
    except StreamsError as error:  # the engine's FoldFailed and Fenced: their text is made for this line
        _stop(str(error), 1)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        _stop_for_kafka(error)
        raise


def _role() -> str:
    """Whose rights a command needs."""
    command = next((one for one in sys.argv[1:] if not one.startswith("-")), "")
    if command in ("gateway", "worker", "fetcher", "notify", "sink", "source") and "diff" not in sys.argv[2:3]:
        return command
    if command == "lineage":
        return "console"
    return "operator" if command in ("topics", "schemas") else "support"


def _stop_for_kafka(error: Exception) -> None:
    """A client that could not even be made: a certificate that is not there, a mechanism that does not exist."""
    library = sys.modules.get("confluent_kafka")  # what was not loaded has not failed
    if library is None or not isinstance(error, library.KafkaException):
        return
    from streams.kafka.refused import refused

    ours = refused("Kafka cannot be used", error.args[0])
    _stop(str(ours), 2 if isinstance(ours, Misconfigured) else 3)


def _stop(sentence: str, code: int) -> NoReturn:
    from streams.ops.terminal import say

    say(f"junction-streams: {sentence}", file=sys.stderr)  # it may repeat what a registry or a worker said
    raise SystemExit(code)


def read_settings(running: Collection["Kind"] = ANY) -> Settings:
    """Settings from the environment; what is wrong is named by variable, never by value.

    `running`: whose Kafka is used where no setting names one, if it runs on this machine.
    """
    from streams.ops import env_file, log

    settings = load()
    env_file.check(settings)
    log.configure(settings.log_level)
    return settings if settings.bootstrap_servers else _with_what_runs(settings, running)


def _with_what_runs(settings: Settings, kinds: Collection["Kind"]) -> Settings:
    """The settings with the addresses of a running `up` or `demo`, and a line on stderr that says so."""
    from streams.demo.running.discover import discover

    found = discover(settings, kinds)
    if found.words:
        typer.secho(found.words, dim=True, err=True)
    return found.settings


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


# Whole numbers alone: the durations of alert rules (`alerts.rules.literals`) may have fractions.
_AGO = re.compile(r"(\d{1,5})([smhd])")


_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def span_ms(text: str) -> int:
    """`15m` as milliseconds."""
    if found := _AGO.fullmatch(text):
        return int(found[1]) * _UNITS_S[found[2]] * 1000
    raise typer.BadParameter(f"{text}: not a span like 90s, 15m, 6h, 2d")


def moment(text: str) -> int | None:
    """`2h` ago, or a time as RFC 3339 (without offset: UTC), as Unix milliseconds."""
    if not text:
        return None
    from streams.events import times

    if _AGO.fullmatch(text):
        return int(time.time() * 1000) - span_ms(text)
    try:
        return times.micros(text)[0] // 1000
    except ValueError:
        raise typer.BadParameter(f"{text}: neither 30m, 6h, 2d nor a time like 2026-06-03T10:00:00Z") from None
