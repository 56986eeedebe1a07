"""values.schema.json: what values.yaml has, with the types of its defaults, and more exactly where they say too little.

So a value that is not in values.yaml is refused, and one that is there cannot be forgotten.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.helm import settings

HERE = Path(__file__).resolve().parent
CHART = HERE / "junction-streams"
ALERTS = HERE.parent / "prometheus/alerts.yml"

Schema = dict[str, Any]

_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_OBJECTS: Schema = {"type": "array", "items": {"type": "object"}}
_QUANTITY: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?([EPTGMk]i?)?$"}
_QUANTITIES: Schema = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
_AFTERWARDS: Schema = {"enum": ["Retain", "Delete"]}
# By the last names of a path, the longest that fits.
_EXACTLY: Mapping[str, Schema] = {
    "settings": {"$ref": "#/$defs/settingsOfOne"},
    ".settings": {"$ref": "#/$defs/settings"},
    "secrets": {"$ref": "#/$defs/secrets"},
    "files": {"$ref": "#/$defs/files"},
    "env": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    "labels": _TEXTS,
    "annotations": _TEXTS,
    "podLabels": _TEXTS,
    "podAnnotations": _TEXTS,
    "serviceAccountAnnotations": _TEXTS,
    "nodeSelector": _TEXTS,
    "tolerations": _OBJECTS,
    "affinity": {"type": "object"},
    "from": _OBJECTS,
    "to": _OBJECTS,
    "egress": _OBJECTS,
    "ports": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}},
    "imagePullSecrets": {"type": "array", "items": {"type": "string"}},
    "loadBalancerSourceRanges": {"type": "array", "items": {"type": "string"}},
    "resources": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"requests": _QUANTITIES, "limits": _QUANTITIES, "claims": _OBJECTS},
    },
    "pods.user": {"type": ["integer", "null"], "minimum": 1},
    "pods.listen": {"enum": ["0.0.0.0", "::"]},  # noqa: S104  # because in a pod every address is its own
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "volume.size": _QUANTITY,
    "whenScaled": _AFTERWARDS,
    "whenDeleted": _AFTERWARDS,
    "maxUnavailable": {"type": ["integer", "string"], "pattern": "^[0-9]+%$", "minimum": 0},
    "sink.kind": {"enum": ["postgres"]},
}


def schema() -> Schema:
    """What values the chart takes, as JSON Schema 2020-12."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    whole = _of(values, "")
    properties = whole["properties"]
    name = {"pattern": "^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$"}
    properties["sinks"] = {"type": "object", "propertyNames": name, "additionalProperties": properties["sink"]}
    properties["global"] = {"type": "object"}  # of a chart that has this one in it
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Values of junction-streams"}
    return {**head, **whole, "$defs": _definitions()}


def written() -> dict[Path, str]:
    """Every file of the chart that is made, with its text."""
    made = "# Made by `make chart` from streams/ops/settings.py.\n"
    return {
        CHART / "values.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
        CHART / "files/secrets.yaml": made + yaml.safe_dump(settings.readers(), default_flow_style=False),
        CHART / "files/alerts.yml": ALERTS.read_text(encoding="utf-8"),
    }


def _of(value: Any, path: str) -> Schema:
    if exact := _exact(path):
        return exact
    if isinstance(value, dict) and value:
        properties = {name: _of(one, f"{path}.{name}") for name, one in value.items()}
        return {"type": "object", "additionalProperties": False, "properties": properties}
    kinds: dict[type, Schema] = {
        bool: {"type": "boolean"},
        int: {"type": "integer", "minimum": 0},
        str: {"type": "string"},
        dict: {"type": "object"},
    }
    return dict(kinds[type(value)])


def _exact(path: str) -> Schema | None:
    fitting = [end for end in _EXACTLY if path == end or path.endswith(f".{end}")]
    return dict(_EXACTLY[max(fitting, key=len)]) if fitting else None


def _definitions() -> Schema:
    plain = {settings.variable(name): one for name, one in settings.plain().items()}
    of_all = {settings.variable(name) for name in settings.OF_ALL}
    of_one = {name: {"$ref": f"#/$defs/settings/properties/{name}"} for name in plain if name not in of_all}
    return {
        "settings": {"type": "object", "additionalProperties": False, "properties": plain},
        "settingsOfOne": {"type": "object", "additionalProperties": False, "properties": of_one},
        "secrets": _named(settings.secrets(), _place("secret")),
        "files": _named(settings.files(), {"oneOf": [_place("secret"), _place("configMap")]}),
    }


def _named(names: list[str], one: Schema) -> Schema:
    properties = {settings.variable(name): one for name in names}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _place(kind: str) -> Schema:
    text = {"type": "string", "minLength": 1}
    properties = {kind: text, "key": text}
    return {"type": "object", "additionalProperties": False, "required": [kind, "key"], "properties": properties}
