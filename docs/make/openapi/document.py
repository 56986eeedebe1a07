"""docs/openapi.yaml as a document: for the default settings."""

from pathlib import Path
from typing import Any

from docs.make import yaml_page
from docs.make.openapi import admin, webhook
from streams import __version__
from streams.ops.settings import Settings

PATH = Path(__file__).resolve().parents[2] / "openapi.yaml"

_ABOUT = """What a gateway answers on its two listeners: one for Junction, which strangers reach, and one for your own
probes and Prometheus, which they must not. `POST /webhooks/{endpoint}` is all that the first one has.

Addresses and bounds are those of the default settings ([configuration](configuration.md)).
"""


def render() -> str:
    """The page."""
    return yaml_page.text(document(), "connectors/webhook and docs/make/openapi")


def document() -> dict[str, Any]:
    """The whole document."""
    settings = Settings.model_construct()
    public = _server("Webhooks", "STREAMS_GATEWAY", settings.gateway_host, settings.gateway_port)
    admin_host, admin_port = settings.gateway_admin_host, settings.gateway_admin_port
    own = _server("Probes and operators", "STREAMS_GATEWAY_ADMIN", admin_host, admin_port)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "junction-streams: gateway",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [public],
        "security": [],  # a signature over the body is none of the schemes that OpenAPI knows
        "paths": {
            webhook.ROUTE: webhook.path_item(settings),
            **{path: {"servers": [own], **item} for path, item in admin.path_items().items()},
        },
        "components": {
            "schemas": {"Event": webhook.EVENT, **admin.schemas()},
            "securitySchemes": {
                admin.TOKEN: {"type": "http", "scheme": "bearer", "description": "`STREAMS_QUERY_TOKEN`."}
            },
        },
    }


def _server(what: str, setting: str, host: str, port: int) -> dict[str, Any]:
    return {
        "url": "http://{host}:{port}",
        "description": f"{what}: `{setting}_HOST` and `{setting}_PORT`.",
        "variables": {"host": {"default": host}, "port": {"default": str(port)}},
    }
