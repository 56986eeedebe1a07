"""Under "Look": `verify`, what a stored event is signed with, and `secrets`, what deliveries are signed with now."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import LOOK, NONE, AsJson, app, moment, read_settings
from streams.ops.errors import Misconfigured


@app.command(rich_help_panel=LOOK)
def secrets(
    url: Annotated[
        list[str] | None,
        typer.Option(help="Of a gateway's admin listener; repeat it. Default: as set here."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Signing secrets of each endpoint by fingerprint: when each was used last, and whether an old one may go.

    Example: `junction-streams secrets --url http://gateway-0:9080 --url http://gateway-1:9080`
    """
    import asyncio
    import time

    from connectors.webhook.secret_client import ask_all, own_url
    from connectors.webhook.secret_report import report
    from streams.cli.show.secrets import print_secrets

    rows = asyncio.run(ask_all(url or [own_url(read_settings(running=NONE))]))
    print_secrets(report(rows, time.time()), time.time(), as_json=as_json)


@app.command(rich_help_panel=LOOK)
def verify(
    topic: Annotated[str, typer.Option(help="Raw topic or dead_letters, short or full; with --since: only this.")] = "",
    partition: Annotated[int | None, typer.Option(min=0, help="Of one record.")] = None,
    offset: Annotated[int | None, typer.Option(min=0, help="Of one record.")] = None,
    since: Annotated[
        int | None, typer.Option(parser=moment, metavar="TIME", help="All that is stored since: 6h, 2d or a time.")
    ] = None,
    secrets_file: Annotated[
        Path | None, typer.Option(help="Retired secrets, one a line, beside those of STREAMS_ENDPOINTS.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which secret signed a stored event, and when; exits with 1 where something is not proved.

    Example: `junction-streams verify --topic raw.summaries --partition 3 --offset 41`, or `verify --since 2d`
    """
    is_one = partition is not None and offset is not None and bool(topic)
    if is_one == (since is not None) or (since is not None and (partition is not None or offset is not None)):
        raise Misconfigured("which events? One, with --topic, --partition and --offset, or a span with --since 2h")
    from connectors.webhook.proofs import known_secrets, proof_at, proofs
    from streams.cli.show.proofs import print_proof, print_proofs

    settings = read_settings()
    known = known_secrets(settings, secrets_file)
    if partition is not None and offset is not None:
        is_good = print_proof(proof_at(settings, known, topic, partition, offset), as_json=as_json)
    else:
        is_good = print_proofs(proofs(settings, known, topic, since), as_json=as_json)
    raise SystemExit(0 if is_good else 1)
