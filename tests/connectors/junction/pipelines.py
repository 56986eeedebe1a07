"""Pipelines for tests. Each secret has a marker that nobody may ever see."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from connectors.junction.etl_pipelines import (
    BlobContainer,
    EtlPipeline,
    ExchangeTarget,
    HubMatcher,
    HubTarget,
    TopicTarget,
)
from streams.ops.settings import Settings
from tests.connectors.junction.scripted import settings_for
from tests.samples import sample_dir

MARKER = "pLanted0"
ORG, TEAM, OTHER_TEAM = (f"0c5b3f4e-0000-4000-8000-00000000000{n}" for n in range(3))
URI = SecretStr(f"amqps://junction:{MARKER}@broker.example.org/health")
_ENDPOINT = "Endpoint=sb://ns.servicebus.windows.net/"
AZURE = SecretStr(f"{_ENDPOINT};SharedAccessKeyName=send;SharedAccessKey={MARKER}AAAA=")
BLOBS = SecretStr(
    f"DefaultEndpointsProtocol=https;AccountName=raw;AccountKey={MARKER}==;EndpointSuffix=core.windows.net"
)

RABBIT = ExchangeTarget(URI, "junction")
PUBSUB = TopicTarget("my-project", "junction-events")
HUBS = HubTarget(
    AZURE,
    "junction",
    (HubMatcher(prefix="raw.", blobs=BlobContainer(BLOBS, "raw")), HubMatcher(regex="^labtest", hub="labs")),
    "always",
)
TARGETS = [RABBIT, PUBSUB, HUBS]


def pipeline(target: Any = RABBIT, *team_ids: str, **changes: Any) -> EtlPipeline:
    return EtlPipeline(team_ids or (TEAM,), target, **changes)


def managing(url: str, **changes: object) -> Settings:
    """Settings with a management key and no team's key."""
    keys = {"junction_api_key": "", "junction_management_key": "mg_fake", "junction_org_id": ORG}
    return settings_for(url, **{**keys, "junction_management_url": url or "http://127.0.0.1:9", **changes})


def published(name: str) -> Draft202012Validator:
    """Of a schema of the Org Management API, in which unknown fields are errors."""
    path = sample_dir() / "openapi" / "org-management-api.json"
    if not path.is_file():
        pytest.skip("because the published description of the Org Management API is not among the samples")
    components = json.loads(path.read_bytes())["components"]
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})
