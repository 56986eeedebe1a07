"""A message of a pipeline in a file, for `source explain`: what its transport says of it, and its body.

    {"routing_key": "daily.data.sleep.created", "properties": {"content_type": "application/json"}, "body": {...}}

`body`: a text as it is, or JSON. Else `body_base64`, or `body_file`, a path beside this file. All else is the
transport's own: `routing_key` and `properties` of RabbitMQ, `attributes`, `ordering_key` and `publish_time` of Pub/Sub,
`headers`, `key` and `timestamp` of Event Hubs.
"""

import base64
import binascii
import json
from pathlib import Path
from typing import Any, NamedTuple

from streams.ops.errors import Misconfigured

BODIES = ("body", "body_base64", "body_file")


class MessageFile(NamedTuple):
    """`said`: everything but the body."""

    said: dict[str, Any]
    body: bytes

    def table(self, name: str) -> dict[str, Any]:
        """One of the transport's tables, {} where it is not there. Raises Misconfigured."""
        found = self.said.get(name)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise Misconfigured(f"`{name}` of the message is no JSON object")
        return found


def parse(text: bytes, folder: Path) -> MessageFile:
    """`folder`: of the file. Raises Misconfigured for what is no such file."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Misconfigured("the message is no JSON (docs/doors.md, source explain)") from None
    if not isinstance(found, dict) or len([name for name in BODIES if name in found]) != 1:
        raise Misconfigured("the message is a JSON object with one of body, body_base64 and body_file")
    said = {name: value for name, value in found.items() if name not in BODIES}
    return MessageFile(said, _body(found, folder))


def _body(found: dict[str, Any], folder: Path) -> bytes:
    if "body" in found:
        body = found["body"]
        return (body if isinstance(body, str) else json.dumps(body)).encode(errors="surrogatepass")
    if "body_base64" in found:
        return _base64(found["body_base64"])
    try:
        return (folder / str(found["body_file"])).read_bytes()
    except (OSError, ValueError) as error:
        raise Misconfigured(f"body_file of the message cannot be read ({type(error).__name__})") from None


def _base64(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Misconfigured("body_base64 of the message is no base64") from None
