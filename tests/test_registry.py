"""Schemas on a real registry: allowed, registered once, resolved to ids; and what a wrong address is answered."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from streams import registry, topics
from streams.codec import schema_text
from streams.errors import Misconfigured, Unavailable
from streams.registry import Status
from streams.settings import Settings


def settings_for(url: str) -> Settings:
    return Settings(_env_file=None, registry_url=url)


def test_register_and_resolve(settings: Settings) -> None:
    """Each clean topic's schema is new, then registered under `<topic>-value`, then the same, with ids for all."""
    assert {check.status for check in registry.check(settings)} == {Status.NEW}
    with pytest.raises(Misconfigured, match="junction-streams schemas register"):
        registry.resolve(settings)
    ids = registry.register(settings)
    assert ids.keys() == topics.clean_topics().keys()
    assert registry.register(settings) == ids
    assert registry.resolve(settings) == ids
    checks = registry.check(settings)
    assert {check.status for check in checks} == {Status.SAME}
    assert checks[0].subject == f"{settings.topic_prefix}.{checks[0].topic}-value"


def test_incompatible_last_version(settings: Settings) -> None:
    """When the registry's last version forbids ours, `check` says so and `register` registers nothing at all."""
    subject = f"{settings.topic_prefix}.sleep-value"
    client = SchemaRegistryClient({"url": settings.registry_url})
    fields = [{"name": "user_id", "type": "string"}]  # ours has more of them, some without a default
    other = {"type": "record", "name": "Sleep", "namespace": "junction", "fields": fields}
    client.register_schema(subject, Schema(json.dumps(other), "AVRO"))
    client.set_compatibility(subject, "BACKWARD")
    assert [check.topic for check in registry.check(settings) if not check.is_allowed] == ["sleep"]
    with pytest.raises(Misconfigured, match=f"not BACKWARD compatible: {subject}"):
        registry.register(settings)
    assert not [name for name in client.get_subjects() if name == f"{settings.topic_prefix}.activity-value"]


def test_registry_that_allows_everything(settings: Settings) -> None:
    """Where nothing guards compatibility, our own subjects are guarded all the same."""
    client = SchemaRegistryClient({"url": settings.registry_url})
    before = client.get_compatibility()
    client.set_compatibility(level="NONE")
    try:
        registry.register(settings)
        assert client.get_compatibility(f"{settings.topic_prefix}.sleep-value") == "BACKWARD"
        assert client.get_compatibility() == "NONE"
    finally:
        client.set_compatibility(level=before)


def test_newer_version_by_others(settings: Settings) -> None:
    """A newer version that others registered does not change the id of the schema that we write."""
    ids = registry.register(settings)
    client = SchemaRegistryClient({"url": settings.registry_url})
    newer = json.dumps(
        _with_field(schema_text("Sleep"), {"name": "later", "type": ["null", "string"], "default": None})
    )
    assert client.register_schema(f"{settings.topic_prefix}.sleep-value", Schema(newer, "AVRO")) != ids["sleep"]
    assert registry.resolve(settings) == ids


def test_schema_of_a_record(settings: Settings) -> None:
    """A reader gets the schema that wrote a record by its id, parsed; an id that is not there is told as such."""
    ids = registry.register(settings)
    schemas = registry.Schemas(settings)
    assert schemas.writer(ids["sleep"])["name"] == "junction.Sleep"
    assert schemas.writer(ids["sleep"]) is schemas.writer(ids["sleep"])
    with pytest.raises(Misconfigured, match="no such schema id"):
        schemas.writer(999_999)


def test_no_registry() -> None:
    """No address is for a person to mend; an address where nobody answers may answer later."""
    with pytest.raises(Misconfigured, match="STREAMS_REGISTRY_URL"):
        registry.resolve(settings_for(""))
    with pytest.raises(Misconfigured, match="STREAMS_REGISTRY_URL"):
        registry.resolve(settings_for("no-address"))
    with pytest.raises(Unavailable, match="does not answer"):
        registry.resolve(settings_for("http://127.0.0.1:1"))


@pytest.fixture
def answering() -> Iterator[Any]:
    """A web server that answers everything with the status set on it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(self.server.status)  # type: ignore[attr-defined]  # because set below
            self.end_headers()
            self.wfile.write(b"<html>secret-token</html>")

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (200, Misconfigured, "does not answer like a schema registry"),
        (404, Misconfigured, "apis/ccompat/v7"),
        (401, Misconfigured, "STREAMS_REGISTRY_PASSWORD"),
        (503, Unavailable, "not well"),
    ],
)
def test_something_else_answers(answering: Any, status: int, error: type[Exception], sentence: str) -> None:
    """What is no registry, or one that refuses or is not well, is told apart; its words are not repeated."""
    answering.status = status
    with pytest.raises(error, match=sentence) as caught:
        registry.check(settings_for(f"http://127.0.0.1:{answering.server_port}"))
    assert "secret-token" not in str(caught.value)


def _with_field(text: str, field: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(text)
    schema["fields"].append(field)
    return schema
