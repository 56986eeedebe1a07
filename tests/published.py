"""The published descriptions of the APIs that are imitated: whether an answer is as they say, field by field.

They are not ours to ship. `JUNCTION_ORG_OPENAPI` names the file of Junction's Org Management API, `SVIX_OPENAPI` that
of Svix's; without, the tests that ask are skipped.
"""

import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

JUNCTION, SVIX = "JUNCTION_ORG_OPENAPI", "SVIX_OPENAPI"


class Published:
    """One description, in which unknown fields are errors."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = _strict(document)
        self._paths = {
            (method, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))): operation
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }

    def check(self, method: str, path: str, status: int, body: bytes) -> None:
        """Fails the test unless the operation may answer so."""
        operation = self._operation(method.lower(), path)
        assert str(status) in operation["responses"], f"{method} {path}: {status} is not published"
        content = operation["responses"][str(status)].get("content", {})
        if not content:
            assert not body
            return
        schema = {**content["application/json"]["schema"], "components": self._document["components"]}
        errors = list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(json.loads(body)))
        assert not errors, f"{method} {path} {status}: {errors[0].json_path}: {errors[0].message}"

    def _operation(self, method: str, path: str) -> Any:
        """An exact path goes before one with a place in it."""
        fitting = [
            (pattern.pattern.count("[^/]+"), operation)
            for (name, pattern), operation in self._paths.items()
            if name == method and pattern.fullmatch(path)
        ]
        assert fitting, f"{method} {path} is not published"
        return min(fitting, key=lambda found: found[0])[1]


def _strict(node: Any) -> Any:
    """`nullable` as JSON Schema has it, and no unknown fields."""
    if isinstance(node, list):
        return [_strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    inner = {name: _strict(one) for name, one in node.items() if name != "nullable"}
    if isinstance(inner.get("properties"), dict) and "additionalProperties" not in inner:
        inner["additionalProperties"] = False
    return {"anyOf": [inner, {"type": "null"}]} if node.get("nullable") is True else inner


@lru_cache
def _read(file: str) -> Published:
    return Published(json.loads(Path(file).read_bytes()))


def published(variable: str) -> Published:
    """The description that the variable names, or a skip."""
    if not os.environ.get(variable):
        pytest.skip(f"because {variable} names no published description")
    return _read(os.environ[variable])


def check_if_named(variable: str, method: str, path: str, status: int, body: bytes) -> None:
    """Fails the test unless the operation may answer so; does nothing where the variable is not set."""
    if os.environ.get(variable):
        _read(os.environ[variable]).check(method, path, status, body)
