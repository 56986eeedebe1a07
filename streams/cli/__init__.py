"""The command line: `junction-streams <command>`. Thin: reads settings, calls one function, turns errors into exits.

A file a group of commands. Imports of what a command needs wait until it runs, so that `--help` answers at once.
"""

from streams.cli import services  # noqa: F401  # because its commands, and so their groups, are to be shown first

# isort: split
from streams.cli import (  # noqa: F401  # because importing them adds their commands
    alerts,
    dead_letters,
    drift,
    history,
    kafka,
    look,
    simulate,
)
from streams.cli.base import app, main, read_settings

__all__ = ["app", "main", "read_settings"]
