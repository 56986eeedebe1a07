"""Published examples of Junction's webhooks and answers. They are not ours to ship: read from beside the repository.

Every function skips the calling test (or module, at import) when the folder is absent. `HERE` asks without skipping,
for `@pytest.mark.parametrize`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

_DIR = Path(__file__).resolve().parents[2] / "shared" / "samples"
HERE = _DIR.is_dir()


def sample_dir() -> Path:
    """The folder, or a skip."""
    if not HERE:
        pytest.skip("because the folder of published samples is not beside the repository", allow_module_level=True)
    return _DIR


def webhooks() -> list[tuple[str, bytes]]:
    """(file name without .json, body as published) of every whole webhook body, by name."""
    return _bodies("webhooks")


def api_answers() -> list[tuple[str, bytes]]:
    """(file name without .json, body as published) of every Data Access API answer, by name."""
    return _bodies("api")


def signature_cases() -> list[dict[str, Any]]:
    """Vectors: name, expect (valid or refused), secret, header_prefix, id, timestamp, signature, body, now."""
    vectors: list[dict[str, Any]] = json.loads((sample_dir() / "signatures.json").read_bytes())["vectors"]
    return vectors


def _bodies(folder: str) -> list[tuple[str, bytes]]:
    return [(path.stem, path.read_bytes()) for path in sorted((sample_dir() / folder).glob("*.json"))]


def aligned(body: bytes) -> bytes:
    """The body with its two user ids made one."""
    event = json.loads(body)
    if "user_id" in event and "user_id" in event.get("data", ()):
        event["data"]["user_id"] = event["user_id"]
    return json.dumps(event).encode()
