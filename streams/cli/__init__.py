"""The command line: `junction-streams <command>`. Thin: reads settings, calls one function, turns errors into exits.

A file a heading of `--help`, and one for each group of commands below it. Imports of what a command needs wait until it
runs, so that `--help` answers at once.
"""

# isort: off
# In the order of `--help`: importing them adds their commands.
from streams.cli import start, simulate, services, source, source_setup, source_check, sink, look, signatures  # noqa: F401  # because each only adds its commands
from streams.cli import lineage, source_diff, mend, alerts, dead_letters  # noqa: F401  # because each only adds its commands
from streams.cli import webhooks, webhooks_plan, webhooks_apply, webhooks_probe, webhooks_rotate, webhooks_recover  # noqa: F401  # because each only adds its commands
from streams.cli import topics, acls, schemas, doctor  # noqa: F401  # because each only adds its commands

# isort: on
from streams.cli.base import app, main, read_settings

__all__ = ["app", "main", "read_settings"]
