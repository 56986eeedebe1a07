"""This machine: secrets of endpoints, room for tables."""

import os
import shutil

from connectors.webhook import secret_files
from connectors.webhook.endpoints import keyrings_of
from streams.doctor.judge import machine
from streams.ops.lines import Line
from streams.ops.settings import Settings


def endpoints(settings: Settings) -> list[Line]:
    """How many secrets each endpoint has."""
    if not settings.endpoints:
        return [machine.endpoints({})]
    keyrings_of(settings)  # raises Misconfigured for a secret that is none
    counts = {name: len(secret_files.secrets_of(settings, name)) for name in settings.endpoints}
    return [machine.endpoints(counts)]


def disk(settings: Settings) -> list[Line]:
    """Room in the folder for tables, or where it will be made."""
    folder = settings.state_dir.expanduser().absolute()
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    is_writable = os.access(there, os.W_OK | os.X_OK)
    return [machine.disk(str(settings.state_dir), shutil.disk_usage(there).free, is_writable=is_writable)]
