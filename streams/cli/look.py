"""`explain` and `tail`: what would happen to a body, and what did."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import LOOK, START, AsJson, app, read_settings
from streams.ops.errors import Misconfigured


@app.command(rich_help_panel=START)
def explain(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Webhook bodies; - reads standard input.")],
    as_json: AsJson = False,
) -> None:
    """What would happen to this webhook body: type, topic, key, entities, problems. Needs no Kafka.

    Example: `junction-streams explain body.json`
    """
    from streams.cli.show.explain import print_explanations

    settings = read_settings()
    bodies = [(str(file), _read(file)) for file in files]
    print_explanations(bodies, settings.topic_prefix, settings.partitions, as_json=as_json)


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}") from None


@app.command(rich_help_panel=LOOK)
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
    from streams.kafka.tail import tail as run_tail

    run_tail(read_settings(), topic, user_id=user, from_beginning=from_beginning, limit=limit, as_json=as_json)
