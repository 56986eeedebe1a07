"""`doctor`: is everything set up right?"""

from typing import Annotated

import typer

from streams.cli.base import MEND, AsJson, app, read_settings
from streams.ops.process import Process


@app.command(rich_help_panel=MEND)
def doctor(
    for_: Annotated[
        Process | None, typer.Option("--for", help="Only what this process needs: each may have a login of its own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Connects with every client that the product uses, and says what is right, what to look at, what is wrong.

    Kafka (login, versions, transactions, limits, topics, rights), the registry, clocks, secrets, disk; PostgreSQL and
    the workers where they are set; with webhooks.toml in this folder, or a management key, the chain of webhooks from
    Junction to the gateway. Changes nothing: it begins one transaction without records, and aborts it. `unchecked` is
    what cannot be seen with what is set. Exits with 2 where a person has to change something, 3 where a system does
    not answer.

    Example: `junction-streams doctor`, before the first start and whenever something is odd.
    """
    from streams.cli.show.doctor import print_lines, waiting
    from streams.doctor.checks import checks_of
    from streams.doctor.examine import examine
    from streams.events.parts import Part

    settings = read_settings()
    settings.need_kafka()
    checks = checks_of(settings, Part(for_) if for_ else None)
    raise SystemExit(print_lines(examine(checks, waiting), as_json=as_json))
