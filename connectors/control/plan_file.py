"""A plan in a file: written without a secret, and compared with what is found when it is applied."""

import json
import os
from pathlib import Path
from typing import Any

from connectors.control.plan import VERSION, Plan
from streams.ops.errors import Misconfigured

_BYTES_MAX = 16_000_000


def write(plan: Plan, path: Path) -> None:
    """As JSON, for its user alone (0600). Raises Misconfigured."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, 0o600)
            json.dump(plan.as_json(), file, indent=2)
            file.write("\n")
    except OSError as error:
        raise Misconfigured(f"cannot write {path}: {error.strerror}") from None


def changed_since(path: Path, plan: Plan) -> list[str]:
    """What is not as it was when the plan of a file was made, in sentences. Raises Misconfigured."""
    planned, now = _read(path), plan.as_json()
    if planned["team"] != now["team"]:
        return ["it is the plan of another team or environment"]
    before = {one["name"]: one for one in planned["endpoints"]}
    after = {one["name"]: one for one in now["endpoints"]}
    return [_sentence(name, before.get(name), after.get(name)) for name in sorted({*before, *after})
            if before.get(name) != after.get(name)]  # fmt: skip


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            planned = json.loads(file.read(_BYTES_MAX))
        if planned["version"] == VERSION and planned["team"] and all(map(_is_planned, planned["endpoints"])):
            return planned
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    raise Misconfigured(f"{path} is no plan: `junction-streams webhooks plan --out {path}` makes one")


def _is_planned(endpoint: Any) -> bool:
    """Raises TypeError and LookupError for what no plan has."""
    are_changes = all(type(one) is list and len(one) == 3 and type(one[0]) is str for one in endpoint["changes"])
    return type(endpoint["name"]) is str and type(endpoint["id"]) is str and are_changes


def _sentence(name: str, before: Any, after: Any) -> str:
    if before is None or after is None:
        return f"{name}: {'was not planned' if before is None else 'is neither wanted nor there any more'}"
    if before["id"] != after["id"]:
        return f"{name}: is another endpoint now ({before['id'] or 'none'} → {after['id'] or 'none'})"
    fields = sorted(_fields(before) ^ _fields(after))
    if fields:
        return f"{name}: {', '.join(dict.fromkeys(field for field, _ in fields))} is not what it was"
    return f"{name}: somebody changed it since (updated_at {after['updated_at']})"


def _fields(endpoint: Any) -> set[tuple[str, str]]:
    return {(str(change[0]), json.dumps(change)) for change in endpoint["changes"]}
