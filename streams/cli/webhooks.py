"""`webhooks`: our endpoints at Junction. A file a command; this one has the group, and what the commands share."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import MEND, app

webhooks_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help=(
        "Endpoints at Junction: made, compared, changed, proved, rotated, recovered.\n\n"
        "`webhooks.toml` says what is wanted. `plan` shows what differs at Junction, `apply` changes just that, and "
        "reads it back. An endpoint is ours by `[junction-streams:NAME]` at the end of its description; others are "
        "never touched (`adopt` takes one over).\n\n"
        "What is possible depends on what you have, and every command says which it is:\n\n"
        "1. *dashboard only*: each step is printed, and what can be seen of its effect is checked;\n\n"
        "2. *management key* (STREAMS_JUNCTION_MANAGEMENT_KEY, from Junction's customer success manager): all but "
        "replaying what was sent;\n\n"
        "3. *management key and Svix token* (STREAMS_SVIX_TOKEN): that, too.\n\n"
        "Start: write webhooks.toml (docs/webhooks.md), then `junction-streams webhooks plan` says what is next. With "
        "a management key `junction-streams webhooks secret FILE` makes the signing secret; else the dashboard does."
    ),
)
app.add_typer(webhooks_app, name="webhooks", rich_help_panel=MEND)

File = Annotated[Path, typer.Option("--file", help="What is wanted.", show_default="webhooks.toml")]
WEBHOOKS_TOML = Path("webhooks.toml")


@webhooks_app.command()
def secret(path: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; one that is there stays.")]) -> None:
    """Make a signing secret, in a new file that only its user may read: for `secret_file`, and for the gateway.

    The gateway reads it where STREAMS_ENDPOINTS says `{"junction": "file:/run/secrets/junction"}`.

    Example: `junction-streams webhooks secret /run/secrets/junction`
    """
    from connectors.control import signing_secret
    from streams.ops.terminal import say

    made = signing_secret.write_new(path)
    say(f"{path} has a new secret, fingerprint {signing_secret.fingerprint(made)}")
