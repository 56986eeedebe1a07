"""`source setup`: what a door needs, made in the broker and told to Junction."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from pydantic import SecretStr

from streams.cli.base import NONE, read_settings
from streams.cli.source import need, source_app
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

if TYPE_CHECKING:
    from connectors.junction.etl_pipelines import HubMatcher

setup_app = typer.Typer(
    no_args_is_help=True,
    help="Make what a door needs: in the broker (`--declare`), and at Junction (printed; `--apply` sends it).",
)
source_app.add_typer(setup_app, name="setup")

_FILE_BYTES_MAX = 65_536
Apply = Annotated[
    bool,
    typer.Option("--apply", help="Send it to Junction, with STREAMS_JUNCTION_MANAGEMENT_KEY, if it differs there."),
]
Team = Annotated[list[str] | None, typer.Option(help="Team id; again for more. Else STREAMS_JUNCTION_TEAM_ID.")]
History = Annotated[bool, typer.Option("--push-history", help="Push history, too, so that nothing is fetched.")]
RawData = Annotated[bool, typer.Option("--raw-data", help="Push what providers said, too: raw.*, large.")]
Prefix = Annotated[list[str] | None, typer.Option(help="Only types that begin so; again for more. Else all.")]
Step = Annotated[
    Literal["webhook", "both", "pipeline"],
    typer.Option(
        "--preferred",
        help="How far the move is. `webhook`: both are written, webhooks preferred; `both`: both, the pipeline "
        "preferred; `pipeline`: the pipeline alone.",
    ),
]


@setup_app.command()
def rabbitmq(
    uri_file: Annotated[
        Path | None,
        typer.Option(help="File with the URI by which Junction reaches the broker from outside; `-`: standard input."),
    ] = None,
    declare: Annotated[
        bool, typer.Option("--declare", help="Make exchange, queue and bindings of the settings.")
    ] = False,
    apply: Apply = False,
    team: Team = None,
    push_history: History = False,
    raw_data: RawData = False,
    prefix: Prefix = None,
    preferred: Step = "webhook",
) -> None:
    """RabbitMQ: exchange and queue with --declare, and the pipeline that Junction is told, with its login masked.

    Junction's URI is not the door's: it comes from outside, as a user that may write to the one exchange.

    Example: `junction-streams source setup rabbitmq --declare --uri-file junction-uri --apply`
    """
    settings = read_settings(running=NONE)
    if not declare and uri_file is None:
        raise Misconfigured("nothing to do: give --declare, or --uri-file FILE with amqps://user:password@host/vhost")
    if apply and uri_file is None:
        raise Misconfigured("--apply needs --uri-file: the URI by which Junction reaches the broker from outside")
    if declare:
        _declare_rabbitmq(settings)
    if uri_file:
        from connectors.junction.etl_pipelines import ExchangeTarget

        target = ExchangeTarget(_secret(uri_file), settings.rabbitmq_exchange)
        _at_junction(settings, target, team, preferred, push_history, raw_data, prefix, apply=apply)


@setup_app.command()
def pubsub(
    project: Annotated[str, typer.Option(help="Google's project of the topic. Else of STREAMS_PUBSUB_TOPIC.")] = "",
    topic: Annotated[
        str, typer.Option(help="The topic that Junction publishes to, without projects/.../topics/. Likewise.")
    ] = "",
    declare: Annotated[
        bool, typer.Option("--declare", help="Make the topic, and the subscription of the settings.")
    ] = False,
    unordered: Annotated[bool, typer.Option("--unordered", help="Without the user id as ordering key.")] = False,
    apply: Apply = False,
    team: Team = None,
    push_history: History = False,
    raw_data: RawData = False,
    prefix: Prefix = None,
    preferred: Step = "webhook",
) -> None:
    """Google Pub/Sub: topic and subscription with --declare, and the pipeline that Junction is told.

    Junction's service account needs a role on the topic (docs/doors.md).

    Example: `junction-streams source setup pubsub --project my-project --topic junction-events --apply`
    """
    from connectors.junction.etl_pipelines import TopicTarget

    settings = read_settings(running=NONE)
    _, its_project, _, its_topic = settings.pubsub_topic.split("/") if settings.pubsub_topic else [""] * 4
    target = TopicTarget(project or its_project, topic or its_topic, is_ordered=not unordered)
    if not target.project or not target.topic:
        raise Misconfigured("which topic? Give --project and --topic, or set STREAMS_PUBSUB_TOPIC")
    if declare:
        name = f"projects/{target.project}/topics/{target.topic}"
        _declare_pubsub(settings.model_copy(update={"pubsub_topic": name}))
    if declare and not (apply or team or settings.junction_team_id):
        return
    _at_junction(settings, target, team, preferred, push_history, raw_data, prefix, apply=apply)


@setup_app.command()
def eventhubs(
    connection_file: Annotated[
        Path,
        typer.Option(help="File with the namespace's connection string for Junction, with Send alone; `-`: stdin."),
    ],
    hub: Annotated[str, typer.Option(help="Event hub for all events that no --matcher fits.")],
    matcher: Annotated[list[str] | None, typer.Option(help="PREFIX=HUB; again for more, the first that fits.")] = None,
    always_gzip: Annotated[bool, typer.Option("--always-gzip", help="Pack bodies below 1 KiB, too.")] = False,
    apply: Apply = False,
    team: Team = None,
    push_history: History = False,
    raw_data: RawData = False,
    prefix: Prefix = None,
    preferred: Step = "webhook",
) -> None:
    """Azure Event Hubs: the pipeline that Junction is told, with its login masked.

    Example: `junction-streams source setup eventhubs --connection-file junction-send --hub junction --apply`
    """
    from connectors.junction.etl_pipelines import HubTarget

    matchers = tuple(map(_matcher, matcher or ()))
    target = HubTarget(_secret(connection_file), hub, matchers, "always" if always_gzip else "auto")
    _at_junction(read_settings(running=NONE), target, team, preferred, push_history, raw_data, prefix, apply=apply)


@setup_app.command()
def remove(
    apply: Annotated[bool, typer.Option("--apply", help="Tell Junction to forget it.")] = False, team: Team = None
) -> None:
    """The way back: Junction forgets a team's pipeline, whichever it has. What waits in the broker stays there.

    Go on with webhooks before: `--preferred webhook` writes to both.

    Example: `junction-streams source setup remove --team 5f0c2c0e-... --apply`
    """
    import asyncio

    from connectors.junction import pipeline_checks, pipeline_setup
    from streams.ops.terminal import say

    settings = read_settings(running=NONE)
    ids = _teams(settings, team)
    pipeline_checks.check_teams(ids)
    left = asyncio.run(pipeline_setup.take_down(settings, ids)) if apply else []
    for team_id in ids:
        is_left = "Junction still has a pipeline" if team_id in left else "Junction has no pipeline any more"
        say(f"{team_id}: {is_left if apply else 'nothing was sent; --apply has Junction forget its pipeline'}")
    if left:
        raise SystemExit(1)


def _declare_rabbitmq(settings: Settings) -> None:
    import asyncio

    need("aiormq", "rabbitmq")
    from connectors.rabbitmq import topology
    from streams.ops.terminal import say

    asyncio.run(topology.declare(settings))
    say(f"RabbitMQ has the exchange {settings.rabbitmq_exchange} and the queue {settings.rabbitmq_queue}, bound")


def _declare_pubsub(settings: Settings) -> None:
    import asyncio

    need("google.pubsub_v1", "pubsub")
    from connectors.pubsub import topology
    from streams.ops.terminal import say

    asyncio.run(topology.declare(settings))
    say(f"Pub/Sub has {settings.pubsub_topic} and {settings.pubsub_subscription}")


def _at_junction(
    settings: Settings,
    target: Any,
    teams: list[str] | None,
    preferred: str,
    push_history: bool,
    raw_data: bool,
    prefixes: list[str] | None,
    *,
    apply: bool,
) -> None:
    """Print the pipeline; with a management key, what differs at Junction, and with `apply` make it so.

    Exit 1 where something differs all the same.
    """
    import asyncio

    from connectors.junction import pipeline_checks, pipeline_setup
    from connectors.junction.etl_pipelines import EtlPipeline, Preferred
    from streams.cli.show.source_setup import print_applied, print_pipeline, print_planned

    ids, step = _teams(settings, teams), Preferred(preferred)
    pipeline = EtlPipeline(ids, target, step, push_history, raw_data, tuple(prefixes or ()))
    pipeline_checks.check(pipeline, insecure=settings.insecure)
    print_pipeline(pipeline, settings)
    if apply:
        applied = asyncio.run(pipeline_setup.set_up(settings, pipeline))
        print_applied(applied)
        if not applied.is_right:
            raise SystemExit(1)
    else:
        has_key = settings.junction_management_key.get_secret_value()
        print_planned(asyncio.run(pipeline_setup.plan(settings, pipeline)) if has_key else None)


def _teams(settings: Settings, teams: list[str] | None) -> tuple[str, ...]:
    return tuple(teams or filter(None, [settings.junction_team_id]))


def _matcher(text: str) -> "HubMatcher":
    from connectors.junction.etl_pipelines import HubMatcher

    prefix, _, hub = text.partition("=")
    return HubMatcher(prefix=prefix, hub=hub)


def _secret(path: Path) -> SecretStr:
    """The one line of a file. Raises Misconfigured, never with its text."""
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            return SecretStr(file.read(_FILE_BYTES_MAX).decode().strip())
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is no text in UTF-8") from None
