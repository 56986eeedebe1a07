"""webhooks.toml for tests."""

from pathlib import Path
from typing import Any

from connectors.control import file
from connectors.control.file import WebhooksFile

ORG, TEAM = (f"0c5b3f4e-0000-4000-8000-00000000000{n}" for n in range(2))
TEAM_TABLE = f'[team]\norg = "{ORG}"\nteam = "{TEAM}"\nenvironment = "production"\n'
URL = "https://ingest.example.org/webhooks/junction"


def text(*lines: str, name: str = "junction", url: str = URL) -> str:
    """A file with one endpoint; `lines`: more keys of it."""
    return "\n".join([TEAM_TABLE, f"[endpoint.{name}]", f'url = "{url}"', *lines, ""])


def parsed(source: str, **environment: Any) -> WebhooksFile:
    """What is wanted by a text."""
    return file.parse(source.encode(), Path("webhooks.toml"), environment)
