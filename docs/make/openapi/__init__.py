"""OpenAPI 3.1 of the gateway: `make docs` writes docs/openapi.yaml from the door's replies and the settings.

document  the whole, with both listeners
webhook   the route that strangers reach: its headers, its body
replies   every answer: when it is given, and what the sender should do
admin     the routes for probes and operators
"""

from docs.make.openapi.document import PATH, document, render

__all__ = ["PATH", "document", "render"]
