"""Which setting goes into a pod how: plain ones as variables, secrets and files mounted."""

from typing import Any

from streams.ops.settings import Settings

# Of a pod, so the chart sets them: its name, its folder, its ports.
OF_THE_CHART = frozenset(
    {
        *("worker_id", "state_dir", "query_host", "query_port", "query_url", "metrics_host", "metrics_port"),
        *("gateway_host", "gateway_port", "gateway_admin_host", "gateway_admin_port", "postgres_sink"),
        *("lineage_dir", "console_host", "console_port", "console_url", "console_gateways"),
    }
)
# What all have to be told alike: topics are made by one process, as the others expect them.
OF_ALL = frozenset(
    {
        *("topic_prefix", "partitions", "replication", "raw_retention_days", "clean_retention_days"),
        *("compaction_days", "lineage_days", "record_bytes_max", "group_id"),
    }
)
# Who reads a secret. Those that are not here (logins at Kafka and the registry) are everybody's.
READERS = {
    "endpoints": ("console", "gateway"),
    "query_token": ("console", "fetcher", "gateway", "worker"),
    "notify_receivers": ("notify",),
    "postgres_url": ("sink",),
    "rabbitmq_url": ("source",),
    "event_hubs_connection": ("source",),
    "junction_api_key": ("console", "fetcher"),
    "junction_management_key": ("console", "fetcher"),
    "svix_token": (),  # of a person's command
}
_NEEDLESS = {"title", "default", "format"}


def variable(name: str) -> str:
    """`sasl_password` → `STREAMS_SASL_PASSWORD`."""
    return f"STREAMS_{name.upper()}"


def secrets() -> list[str]:
    """Settings whose value must not stand in a chart's values, by field name."""
    return [name for name, text in _types().items() if "SecretStr" in text or name == "notify_receivers"]


def files() -> list[str]:
    """Settings that are the path of a file."""
    return [name for name, text in _types().items() if "Path" in text and name not in OF_THE_CHART]


def plain() -> dict[str, dict[str, Any]]:
    """The others that a user of the chart may set: field name and JSON schema, with the sentence of each."""
    left_out = {*secrets(), *files(), *OF_THE_CHART}
    properties = Settings.model_json_schema()["properties"]
    return {name: _value(properties[name]) for name in Settings.model_fields if name not in left_out}


def readers() -> dict[str, list[str]]:
    """Process → variables of the secrets that it reads; `every`: what all read."""
    found: dict[str, list[str]] = {"every": []}
    for name in secrets():
        for process in READERS.get(name, ("every",)):
            found.setdefault(process, []).append(variable(name))
    return {process: sorted(names) for process, names in sorted(found.items())}


def _types() -> dict[str, str]:
    return {name: str(field.annotation) for name, field in Settings.model_fields.items()}


def _value(schema: dict[str, Any]) -> dict[str, Any]:
    """Of a variable: null is "not set", which is said by leaving it out; a list may be written with commas, and what is
    made of a text by rules of its own is a text."""
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null":
            schema = {**schema, **one}
    kept = {key: value for key, value in schema.items() if key not in _NEEDLESS | {"anyOf"}}
    if kept.get("type") == "array":
        kept |= {"type": ["array", "string"], "items": {"type": "string"}}
    if kept.get("type") == "object":
        kept = {key: value for key, value in kept.items() if key != "additionalProperties"} | {"type": "string"}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    return kept
