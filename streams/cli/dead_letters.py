"""`dead-letters`: what could not be processed, why, and how it goes back."""

from typing import Annotated

import typer

from streams.cli.base import MEND, AsJson, app, moment, read_settings
from streams.ops.errors import Misconfigured

letters_app = typer.Typer(no_args_is_help=True, help="What could not be processed: list it, look at it, put it back.")
app.add_typer(letters_app, name="dead-letters", rich_help_panel=MEND)

Reason = Annotated[str, typer.Option(help="Only this reason, for example bad_shape.")]
EventType = Annotated[str, typer.Option("--type", help="Only this event type; `*` stands for anything.")]
User = Annotated[str, typer.Option(help="Only this user id.")]
Since = Annotated[int | None, typer.Option(parser=moment, metavar="TIME", help="Died since: 6h, 2d or a time.")]
Until = Annotated[int | None, typer.Option(parser=moment, metavar="TIME", help="Died before: 6h, 2d or a time.")]


@letters_app.command("list")
def list_letters(
    reason: Reason = "",
    event_type: EventType = "",
    user: User = "",
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="Show only so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Which records could not be processed: place, time, reason, type; and how many for each reason.

    Example: `junction-streams dead-letters list --reason bad_shape --since 2d`
    """
    from streams.cli.show.letters import print_letters
    from streams.letters.letter import LetterFilter

    print_letters(read_settings(), LetterFilter(reason, event_type, user, since, until), limit, as_json=as_json)


@letters_app.command()
def show(
    place: Annotated[str, typer.Argument(help="PARTITION:OFFSET, as `list` prints it.")],
    reveal: Annotated[bool, typer.Option(help="Print the body, which is a person's data.")] = False,
    as_json: AsJson = False,
) -> None:
    """One letter: why it died, what would become of it now, and the shape of its body; values only with --reveal.

    Example: `junction-streams dead-letters show 3:1204`
    """
    from streams.cli.show.letters import print_letter

    print_letter(read_settings(), place, reveal=reveal, as_json=as_json)


@letters_app.command()
def redrive(
    place: Annotated[str, typer.Argument(help="PARTITION:OFFSET of one letter; else use the filters.")] = "",
    reason: Reason = "",
    event_type: EventType = "",
    user: User = "",
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--all", help="Every letter, where no filter is given.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only say what would happen.")] = False,
    rate: Annotated[float, typer.Option(min=0, help="Letters a second; 0: as fast as it goes.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Put letters back into the raw topic that they belong to; the worker processes them like any other event.

    Each letter once, however often this runs; one that would only die again stays. Example: after an upgrade
    `junction-streams dead-letters redrive --reason bad_shape --dry-run`
    """
    from streams.cli.show.letters import print_redrive
    from streams.letters.letter import LetterFilter

    wanted = LetterFilter(reason, event_type, user, since, until, place)
    if wanted.is_open and not everything:
        raise Misconfigured("which letters? Name one, give a filter (--reason, --type, --user, --since), or --all")
    print_redrive(read_settings(), wanted, dry_run=dry_run, rate=rate, as_json=as_json)
