"""The schemas of every release, in `avro/released/<version>.json`: with which readers of that release decode.

    python -m streams.events.schemas.released      (`make released`) writes those of this version anew,
                                                   while it is not released

Names and types only, one file a release, `{"Sleep": {...}, ...}`. The file of a version that is released never changes:
today's schemas are held against it for as long as services of that release may run, or topics hold its records.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from streams import __version__
from streams.events.schemas.schema_files import AVRO_DIR, SCHEMAS, schema_text
from streams.ops.errors import Misconfigured

FOLDER = AVRO_DIR / "released"
CHANGELOG = AVRO_DIR.parent / "CHANGELOG.md"
_KEYS = ("type", "name", "namespace", "fields", "items", "values", "default", "logicalType", "aliases")

Json = dict[str, Any]


@cache
def known(folder: Path = FOLDER) -> dict[str, Json]:
    """Version → schema by name, of each file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def today() -> Json:
    """Schemas of this version by name, without documentation."""
    return {name: _plain(json.loads(schema_text(name))) for name in SCHEMAS}


def is_released(version: str, changelog: str) -> bool:
    """Whether a changelog has a heading of this version that does not call it unreleased."""
    return bool(re.search(rf"^## v?{re.escape(version)}\b", changelog, re.MULTILINE))


def write(folder: Path, version: str, changelog: str) -> Path:
    """Write the schemas of a version that is not released yet. Raises Misconfigured for one that is."""
    path = folder / f"{version}.json"
    if is_released(version, changelog) and path.exists():
        raise Misconfigured(f"{version} is released, and its schemas with it: raise the version first")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text(today()), encoding="utf-8")
    return path


def text(schemas: Json) -> str:
    """One schema a line, so that a change is seen as one."""
    lines = [f" {json.dumps(name)}: {json.dumps(schema, separators=(',', ':'))}" for name, schema in schemas.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: node[key] if key == "default" else _plain(node[key]) for key in _KEYS if key in node}


if __name__ == "__main__":
    print(write(FOLDER, __version__, CHANGELOG.read_text(encoding="utf-8")))
