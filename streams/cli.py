"""The command line: `junction-streams <command>`. Thin: reads settings, calls one function, turns errors into exits.

Exit codes: 0 done, 1 the work found something wrong, 2 a person has to change something, 3 a system does not answer.
Imports wait until a command needs them, so that `--help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from streams import __version__
from streams.errors import Misconfigured, StreamsError, Unavailable
from streams.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local values would print payloads and secrets
    rich_markup_mode="markdown",
    help=(
        "Junction's webhooks on Kafka: verified, deduplicated, enriched, exactly once.\n\n"
        "Start with `junction-streams demo`: everything on this machine. Settings come from the environment "
        "(`STREAMS_...`) or `.env`; docs/configuration.md lists them."
    ),
)
topics_app = typer.Typer(no_args_is_help=True, help="The topics on Kafka: see what differs, make it right.")
schemas_app = typer.Typer(no_args_is_help=True, help="The Avro schemas in the registry: check, register.")
app.add_typer(topics_app, name="topics")
app.add_typer(schemas_app, name="schemas")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def main() -> None:
    """Entry point of the console script."""
    try:
        app()
    except Misconfigured as error:
        _stop(str(error), 2)
    except Unavailable as error:
        _stop(f"{error} (try again in {error.retry_after_s} s)", 3)
    except StreamsError as error:  # the engine's FoldFailed and Fenced: their text is made for this line
        _stop(str(error), 1)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _stop(sentence: str, code: int) -> NoReturn:
    print(f"junction-streams: {sentence}", file=sys.stderr)
    raise SystemExit(code)


def read_settings() -> Settings:
    """Settings from the environment; what is wrong is named by variable, never by value."""
    from pydantic import ValidationError

    from streams import log

    try:
        settings = Settings()
    except ValidationError as error:
        wrong = "; ".join(f"STREAMS_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        raise Misconfigured(f"settings: {wrong}. See docs/configuration.md.") from None
    log.configure(settings.log_level)
    return settings


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="Stop when the stream is drained; exit 0 only if all is right.")] = False,
    as_json: AsJson = False,
    users: Annotated[int, typer.Option(min=1, help="Simulated users.")] = 24,
    days: Annotated[int, typer.Option(min=1, help="Simulated days.")] = 7,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 1,
    rate: Annotated[float, typer.Option(min=0, help="Deliveries per second; 0: as fast as it goes.")] = 0,
    keep: Annotated[Path | None, typer.Option(help="Keep Kafka's data in this folder.")] = None,
) -> None:
    """Everything on this machine: Kafka, registry, gateway, worker and a fake Junction that sends signed events.

    Example: `junction-streams demo --once --json`
    """
    from streams.demo import Options, run_demo

    options = Options(once=once, as_json=as_json, users=users, days=days, seed=seed, rate=rate, keep=keep)
    raise SystemExit(run_demo(read_settings(), options))


@app.command()
def up(
    data: Annotated[Path, typer.Option(help="Where Kafka and the registry keep their data.")] = Path(".state/cluster"),
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of every topic.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Kafka (real, KRaft) and the schema registry on loopback, until Ctrl-C.

    Example: `junction-streams up --data ~/kafka`, then `export` the two lines that it prints.
    """
    from streams.embedded.up import up as run_up

    run_up(read_settings(), data, as_json=as_json, partitions=partitions)


@app.command()
def gateway() -> None:
    """The HTTP door: verifies each webhook and answers 2xx only when Kafka has it.

    Example: `STREAMS_ENDPOINTS='{"junction": ["whsec_..."]}' junction-streams gateway`, then point Junction at
    `POST /webhooks/junction`.
    """
    from streams.gateway import run as run_gateway

    run_gateway(read_settings())


@app.command()
def worker() -> None:
    """The agents: from raw topics to clean ones, exactly once. Start more of them for more throughput.

    Example: `STREAMS_WORKER_ID=w1 STREAMS_STATE_DIR=/var/lib/streams/w1 junction-streams worker`
    """
    from streams.worker import run as run_worker

    run_worker(read_settings())


@topics_app.command("plan")
def topics_plan(as_json: AsJson = False) -> None:
    """What `topics apply` would change; exits with 1 when something differs."""
    _topics(apply=False, as_json=as_json)


@topics_app.command("apply")
def topics_apply(as_json: AsJson = False) -> None:
    """Create the topics that are missing and mend the settings that differ. Safe to repeat."""
    _topics(apply=True, as_json=as_json)


def _topics(*, apply: bool, as_json: bool) -> None:
    from streams import admin
    from streams.show import print_changes

    settings = read_settings()
    changes = admin.apply(settings) if apply else admin.plan(settings)
    print_changes(changes, applied=apply, as_json=as_json)
    if changes and not apply:
        raise SystemExit(1)


@schemas_app.command("check")
def schemas_check(as_json: AsJson = False) -> None:
    """Ask the registry whether each schema may follow its last version; exits with 1 when one may not."""
    from streams import registry
    from streams.show import print_checks

    raise SystemExit(0 if print_checks(registry.check(read_settings()), as_json=as_json) else 1)


@schemas_app.command("register")
def schemas_register(as_json: AsJson = False) -> None:
    """Register each schema after asking for its compatibility. Safe to repeat."""
    from streams import registry
    from streams.show import print_ids

    print_ids(registry.register(read_settings()), as_json=as_json)


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


@app.command()
def explain(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Webhook bodies; - reads standard input.")],
    as_json: AsJson = False,
) -> None:
    """What would happen to this webhook body: type, topic, key, entities, problems. Needs no Kafka.

    Example: `junction-streams explain body.json`
    """
    from streams.show import print_explanations

    settings = read_settings()
    bodies = [(str(file), _read(file)) for file in files]
    print_explanations(bodies, settings.topic_prefix, settings.partitions, as_json=as_json)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}") from None


@app.command()
def tail(
    topic: Annotated[str, typer.Argument(help="Short or full name: sleep, junction.sleep, connections.")],
    user: Annotated[str, typer.Option(help="Only this user id.")] = "",
    from_beginning: Annotated[bool, typer.Option(help="All that the topic holds, then what comes.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Stop after so many records; 0: never.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Decoded Avro, live.

    Example: `junction-streams tail sleep --user 5f0c2c0e-... --from-beginning`
    """
    from streams.tail import tail as run_tail

    run_tail(read_settings(), topic, user_id=user, from_beginning=from_beginning, limit=limit, as_json=as_json)


if __name__ == "__main__":
    main()
