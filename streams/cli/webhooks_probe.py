"""`webhooks probe`: is the way from outside to the gateway whole?"""

from typing import Annotated

import typer

from streams.cli.base import NONE, AsJson, read_settings
from streams.cli.webhooks import WEBHOOKS_TOML, File, webhooks_app
from streams.ops.errors import Misconfigured


@webhooks_app.command()
def probe(
    name: Annotated[str, typer.Argument(help="Endpoint, as in webhooks.toml; else all of them.")] = "",
    url: Annotated[str, typer.Option("--url", help="Another URL than the file's, for one endpoint.")] = "",
    file: File = WEBHOOKS_TOML,
    as_json: AsJson = False,
) -> None:
    """Sends signed probes the way that events take, and says what they prove: nothing is stored, nothing is changed.

    Name and certificate with its end, no redirect, a proxy that leaves bodies (1 KiB and 1 MiB of odd bytes) and
    headers alone, the right secret, the gateway's clock; the public URL first, then each of `gateways`. Where a proxy
    is at fault, the line says what to change there. In a second or two, from wherever you are: best from outside.

    The secret is the newest one of `secret_file`, else of STREAMS_ENDPOINTS. No key of Junction is needed. Exits with
    1 where something is wrong, 2 where a person has to set something here, 3 where nobody answers.

    Example: `junction-streams webhooks probe junction --url https://ingest.example.org/webhooks/junction`
    """
    import asyncio

    from connectors.control.file import WantedEndpoint, read
    from connectors.control.probing import routes
    from streams.cli.show.doctor import print_lines

    settings = read_settings(running=NONE)
    if url and name and not file.exists():
        wanted = [WantedEndpoint(name, url)]
    else:
        known = read(file)
        wanted = [known.endpoint(one) for one in ([name] if name else known.endpoints)]
    if url and len(wanted) != 1:
        raise Misconfigured("--url is one endpoint's: give its name, too")
    if not wanted:
        raise Misconfigured(f"{file} has no endpoint: write [endpoint.junction] with its url (docs/webhooks.md)")
    if url:
        wanted = [routes.moved(wanted[0], url)]
    ways = [way for one in wanted for way in routes.ways_of(one, settings)]
    raise SystemExit(print_lines(asyncio.run(routes.look(ways, settings)), as_json=as_json, if_wrong=1))
