"""Writes docs/configuration.md from the settings: `make docs`.

The page is made, never edited, so that it cannot lag behind; a test compares it.
"""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from streams.ops.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "configuration.md"

# The setting that begins each section, in the order of the class.
SECTIONS = {
    "log_level": "Every process",
    "bootstrap_servers": "Kafka and the registry",
    "topic_prefix": "Topics",
    "endpoints": "Gateway",
    "group_id": "Worker",
    "alert_rules": "Alerts",
    "fetch_calls_max": "Fetcher",
    "junction_region": "Junction's API",
}

_HEAD = """# Configuration

Made by `make docs` from `streams/ops/settings.py`; edit that.

Every setting is an environment variable, or a line of `.env` in the working directory, or a file named after it (in
lower case, such as `streams_sasl_password`) in the folder that `STREAMS_SECRETS_DIR` names, which is how Docker and
Kubernetes hand secrets over. The first of these three that has it wins. An address in `.env` does not count for a
secret that comes from elsewhere: a command then refuses to start, because anybody's folder may have a `.env`. An empty
value counts as not set. Settings are read once, when a process starts; a wrong one stops it with a sentence that names
the variable and not its value. Times are in seconds (`_S`) or days, sizes in bytes.
"""
_TABLE = "\n## {}\n\n| variable | default | allowed | meaning |\n|---|---|---|---|\n"
_SIGNS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}", "pattern": "`{}`"}


def page() -> str:
    """The whole page as Markdown."""
    text = _HEAD
    for name, field in Settings.model_fields.items():
        if name in SECTIONS:
            text += _TABLE.format(SECTIONS[name])
        meaning = " ".join((field.description or "").split())
        text += f"| `STREAMS_{name.upper()}` | {_default(field)} | {_allowed(field)} | {meaning} |\n"
    return text


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr) or value in ("", None, {}, (), PydanticUndefined):
        return ""
    return f"`{value}`"


def _allowed(field: FieldInfo) -> str:
    bounds = [
        sign.format(getattr(rule, name))
        for rule in field.metadata
        for name, sign in _SIGNS.items()
        if getattr(rule, name, None) is not None
    ]
    words = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return ", ".join(bounds + [f"`{word}`" for word in words])
