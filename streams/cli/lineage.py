"""`trace`, `story`, `why`: what came of a delivery or of a user's data; `lineage`: who keeps the index that answers."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import FOR_SERVICES, LOOK, SERVICES, AsJson, app, moment, read_settings
from streams.ops.errors import Misconfigured, Unavailable

lineage_app = typer.Typer(no_args_is_help=True, help="The index that answers `trace`, `story` and `why` at once.")
app.add_typer(lineage_app, name="lineage", rich_help_panel=SERVICES)

User = Annotated[str, typer.Argument(help="User id, or the id that your app gave the user.")]
Resource = Annotated[str, typer.Argument(help="Like sleep, heartrate, connection (docs/catalogue.md).")]
Day = Annotated[str, typer.Option(metavar="DAY", help="Local day of the data: 2026-11-28, or last-night.")]
Values = Annotated[bool, typer.Option("--values", help="With what was measured. Without it no value is shown.")]
NoConsole = Annotated[
    bool, typer.Option("--from-kafka", help="Ask no console: read the topics, which may take minutes.")
]


@app.command(rich_help_panel=LOOK)
def trace(
    id: Annotated[str, typer.Argument(metavar="ID", help="Delivery id: the svix-id of a webhook, ce_id of a record.")],
    values: Values = False,
    since: Annotated[
        int | None,
        typer.Option(parser=moment, metavar="TIME", help="Without a console: read from then on: 6h, 2d or a time."),
    ] = None,
    until: Annotated[
        int | None, typer.Option(parser=moment, metavar="TIME", help="Without a console: read up to then.")
    ] = None,
    portal: Annotated[
        bool, typer.Option("--portal", help="Link Junction's Svix portal, logged in: keep the link to yourself.")
    ] = False,
    from_kafka: NoConsole = False,
    as_json: AsJson = False,
) -> None:
    """What became of one delivery: from Junction to our door, worker, clean records, alerts, and who has read it.

    Asks the console (`lineage serve`). Where none answers it reads Kafka from the time in the id on, and says so.

    Exit 0: it is known what became of it (processed, waiting, dead, refused, or expired: the row is left, the bytes are
    not). 1: never seen. 2: cannot tell, or the words ask nothing. 3: Kafka does not answer.

    Example: `junction-streams trace msg_2mQ3PZ9cN0Zr0Qk1Yv1n8h2d3eF`
    """
    from streams.cli.show.stories import check_portal, exit_of_delivery, print_portal, print_story
    from streams.cli.show.story_asked import Span, delivery_story

    if portal:
        check_portal(as_json=as_json)
    settings = read_settings()
    story = delivery_story(settings, id, show_values=values, span=Span(since, until), from_kafka=from_kafka)
    print_story(story, as_json=as_json)
    if portal:
        print_portal(settings)
    raise SystemExit(exit_of_delivery(story))


@app.command(rich_help_panel=LOOK)
def story(
    user: User,
    resource: Resource,
    day: Day = "",
    entity: Annotated[str, typer.Option(metavar="ID", help="Only this summary.")] = "",
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="2026-11-28T03:10:00Z, or by the user's clock: which delivery said what then."
        ),
    ] = "",
    values: Values = False,
    from_kafka: NoConsole = False,
    as_json: AsJson = False,
) -> None:
    """What happened to a user's data: every delivery that touched them, what each changed, which one counts.

    Asks the console (`lineage serve`). Where none answers it reads Kafka, from the day's beginning on or as far back as
    rows are kept, and says so.

    Exit 0: found. 1: no delivery of it is known. 2: cannot tell (the index begins later or is behind, or only a dead
    letter may be of it), or the words ask nothing. 3: Kafka does not answer.

    Example: `junction-streams story 5f0c2c0e-... sleep --day last-night`
    """
    from streams.cli.show.stories import print_story
    from streams.cli.show.story_asked import data_story
    from streams.lineage.data_exits import exit_of
    from streams.lineage.serving.questions import DataQuery

    query = DataQuery(user, resource, day, entity, at, values)
    found = data_story(read_settings(), query, from_kafka=from_kafka)
    print_story(found, as_json=as_json)
    raise SystemExit(exit_of(found))


@app.command(rich_help_panel=LOOK)
def why(
    user: User,
    resource: Resource,
    day: Day = "",
    ask_junction: Annotated[
        bool, typer.Option("--ask-junction", help="Ask Junction's API whether it has it; needs a key.")
    ] = False,
    from_kafka: NoConsole = False,
    as_json: AsJson = False,
) -> None:
    """Why data of a user are not there: the first cause that holds, and what else was looked at.

    Without `--day` that of last night. Causes, in this order: connection, permission, history under way or failed,
    waiting, dead letter, refused or gateway away, STALE, provider late for everybody, data of other days or sources,
    Junction has none.

    Exit 0: there is an answer (also that it is there). 1: all was looked at, and nothing explains it. 2: nothing does,
    and not all could be looked at; or the words ask nothing. 3: Kafka does not answer.

    Example: `junction-streams why 5f0c2c0e-... sleep --day 2026-11-28 --ask-junction`
    """
    from streams.cli.show.stories import print_story
    from streams.cli.show.story_asked import data_story
    from streams.lineage.data_exits import exit_of
    from streams.lineage.serving.questions import WhyQuery

    found = data_story(read_settings(), WhyQuery(user, resource, day, ask_junction), from_kafka=from_kafka)
    print_story(found, as_json=as_json)
    raise SystemExit(exit_of(found))


@lineage_app.command()
def serve() -> None:
    """Keep the index of what became of each delivery, and answer `trace`, `story` and `why`, until Ctrl-C.

    On loopback, elsewhere with STREAMS_QUERY_TOKEN alone. The index may be lost: it is made again from Kafka. No other
    process needs this one for data to flow. Refused deliveries are known where STREAMS_CONSOLE_GATEWAYS names the
    gateways, signatures are verified again where STREAMS_ENDPOINTS is set, Junction is asked where there is a key.

    Exit 0 after a signal; 2: settings, a port or a folder that another process has; 3: its disk does not answer.

    Example: `STREAMS_LINEAGE_DIR=/var/lib/streams/lineage junction-streams lineage serve`
    """
    from streams.cli.show.story_asked import helpers_of
    from streams.lineage.serving.service import run

    settings = read_settings(running=FOR_SERVICES)
    run(settings, helpers_of(settings))


@lineage_app.command()
def forget(user: User) -> None:
    """Delete a person's rows from the index, and keep them out when it is made again.

    On the host of the console, with its STREAMS_LINEAGE_DIR: by the index in it an id of your app is found. Rows on
    Kafka's topic go by their age.

    Exit 2: no user is known by that id, and it is no user id.

    Example: `junction-streams lineage forget 5f0c2c0e-...`
    """
    from streams.lineage.index.opening import forget_user
    from streams.ops.terminal import say

    settings = read_settings(running=FOR_SERVICES)
    user_id = _user_id(settings.lineage_dir, user)
    forget_user(settings, user_id)
    say(f"{user_id} is forgotten: a console that runs deletes the rows within a minute, another one when it starts")


def _user_id(folder: Path, user: str) -> str:
    """As `story` takes it. Raises Misconfigured for nobody's, Unavailable where the index has to be asked and fails."""
    from streams.lineage.data.asked import user_asked, user_id_asked
    from streams.lineage.index.peek import user_known

    given = user_asked(user)
    try:
        return user_known(folder, given, user.strip()) or user_id_asked(user)
    except Unavailable:
        with suppress(Misconfigured):
            return user_id_asked(user)
        raise
