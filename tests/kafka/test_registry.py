"""Schemas on a real registry: allowed, registered once, resolved to ids; and what a wrong address is answered."""

import contextlib
import http.client
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from streams.events import topics
from streams.kafka import registry
from streams.kafka.codec import schema_text
from streams.kafka.subjects import SubjectStatus
from streams.kafka.writer_schemas import ForeignSchema, WriterSchemas
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings


def settings_for(url: str) -> Settings:
    return Settings(_env_file=None, registry_url=url)


def test_register_and_resolve(settings: Settings) -> None:
    """Each clean topic's schema is new, then registered under `<topic>-value`, then the same, with ids for all."""
    assert {check.status for check in registry.check(settings)} == {SubjectStatus.NEW}
    with pytest.raises(Misconfigured, match="junction-streams schemas register"):
        registry.resolve(settings)
    ids = registry.register(settings)
    assert ids.keys() == topics.avro_topics().keys()
    assert registry.register(settings) == ids
    assert registry.resolve(settings) == ids
    checks = registry.check(settings)
    assert {check.status for check in checks} == {SubjectStatus.SAME}
    assert checks[0].subject == f"{settings.topic_prefix}.{checks[0].topic}-value"


OTHER = json.dumps({"type": "record", "name": "Sleep", "fields": [{"name": "user_id", "type": "int"}]})


def put(settings: Settings, text: str, topic: str = "sleep") -> int:
    """Somebody registers a schema under a subject of ours."""
    client = SchemaRegistryClient({"url": settings.registry_url})
    return int(client.register_schema(f"{settings.topic_prefix}.{topic}-value", Schema(text, "AVRO")))


def ours_in(settings: Settings) -> set[str]:
    """Subjects of this test's prefix, each asked for by its name."""
    client = SchemaRegistryClient({"url": settings.registry_url})
    found = set()
    for topic in topics.avro_topics():
        with contextlib.suppress(SchemaRegistryError):
            client.get_versions(f"{settings.topic_prefix}.{topic}-value")
            found.add(topic)
    return found


def test_a_version_that_ours_may_not_follow(settings: Settings) -> None:
    """`check` says which subject, version and field; `register` registers nothing at all and says the same."""
    put(settings, OTHER)
    subject = f"{settings.topic_prefix}.sleep-value"
    (refused,) = [check for check in registry.check(settings) if not check.is_allowed]
    assert (refused.topic, refused.subject) == ("sleep", subject)
    assert refused.why == "version 1, $.user_id: records of theirs cannot be read with ours, int is no string"
    with pytest.raises(
        Misconfigured, match=r"nothing was registered: 1 schemas .*\.sleep-value \(version 1, \$\.user_id"
    ):
        registry.register(settings)
    assert ours_in(settings) == {"sleep"}


def test_what_old_readers_need(settings: Settings) -> None:
    """A field that an old version had without a default may not go, though new readers would not miss it."""
    client = SchemaRegistryClient({"url": settings.registry_url})
    subject = f"{settings.topic_prefix}.sleep-value"
    put(settings, json.dumps(_with_field(schema_text("Sleep"), {"name": "gone", "type": "long"})))
    client.set_compatibility(subject, "BACKWARD")
    (refused,) = [check for check in registry.check(settings) if not check.is_allowed]
    assert refused.why == "version 1, $.gone: readers of theirs cannot read ours, it is not there and has no default"


def test_every_version_counts(settings: Settings) -> None:
    """Not the last version alone: topics hold records of all of them, and services of all of them run."""
    client = SchemaRegistryClient({"url": settings.registry_url})
    subject = f"{settings.topic_prefix}.sleep-value"
    put(settings, json.dumps(_with_field(schema_text("Sleep"), {"name": "gone", "type": "long"})))
    client.set_compatibility(subject, "NONE")
    put(settings, json.dumps(_with_field(schema_text("Sleep"), {"name": "gone", "type": "long", "default": 0})))
    (refused,) = [check for check in registry.check(settings) if not check.is_allowed]
    assert refused.why.startswith("version 1, $.gone: readers of theirs")


@pytest.mark.parametrize("level", ["NONE", "BACKWARD"])
def test_our_subjects_are_guarded(settings: Settings, level: str) -> None:
    """Whatever the registry allows others, our subjects have FULL_TRANSITIVE: new ones, and those that are there."""
    client = SchemaRegistryClient({"url": settings.registry_url})
    before = client.get_compatibility()
    client.set_compatibility(level=level)
    try:
        put(settings, schema_text("Sleep"))
        client.set_compatibility(f"{settings.topic_prefix}.sleep-value", "BACKWARD")
        registry.register(settings)
        for topic in ("sleep", "activity"):
            assert client.get_compatibility(f"{settings.topic_prefix}.{topic}-value") == "FULL_TRANSITIVE"
        assert client.get_compatibility() == level
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
    schemas = WriterSchemas(settings)
    assert schemas.writer(ids["sleep"])["name"] == "junction.Sleep"
    assert schemas.writer(ids["sleep"]) is schemas.writer(ids["sleep"])
    with pytest.raises(Misconfigured, match="no such schema id"):
        schemas.writer(999_999)


FOREIGN = ('{"type":"array","items":"null"}', '"string"', schema_text("Sleep").replace("Sleep", "Slumber"))


@pytest.mark.parametrize("text", FOREIGN)
def test_a_schema_of_others(settings: Settings, text: str) -> None:
    """An id that the registry knows for somebody else's subject is not read with, whatever its schema is."""
    registry.register(settings)
    client = SchemaRegistryClient({"url": settings.registry_url})
    foreign = client.register_schema(f"{settings.topic_prefix}-of-others", Schema(text, "AVRO"))
    with pytest.raises(ForeignSchema, match="not of a subject of ours"):
        WriterSchemas(settings).writer(foreign)


def test_an_older_version_of_ours(settings: Settings) -> None:
    """What an older version of ours wrote is read with its schema, though a newer one is registered behind it."""
    older = json.loads(schema_text("Sleep"))
    older["fields"] = [field for field in older["fields"] if field["name"] != "total_s"]
    id = put(settings, json.dumps(older))
    assert registry.register(settings)["sleep"] != id
    names = [field["name"] for field in WriterSchemas(settings).writer(id)["fields"]]
    assert names == [field["name"] for field in older["fields"]]


def test_a_version_of_ours_that_is_a_bomb(settings: Settings) -> None:
    """Under a subject of ours, too, a schema is refused whose entries take no byte, or that holds itself."""
    registry.register(settings)
    bombs = {"type": {"type": "array", "items": "null"}, "default": []}, {"type": ["null", "Sleep"], "default": None}
    for place, bomb in enumerate(bombs):
        id = put(settings, json.dumps(_with_field(schema_text("Sleep"), {"name": f"bomb_{place}", **bomb})))
        with pytest.raises(ForeignSchema, match="larger than their bytes allow"):
            WriterSchemas(settings).writer(id)


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
        (403, Misconfigured, "STREAMS_REGISTRY_USER"),
        (409, Misconfigured, "schemas check"),
        (413, Misconfigured, "does not take a schema"),
        (422, Misconfigured, "does not take a schema"),
        (429, Unavailable, "not well"),
        (500, Unavailable, "not well"),
        (503, Unavailable, "not well"),
    ],
)
def test_something_else_answers(answering: Any, status: int, error: type[Exception], sentence: str) -> None:
    """What is no registry, or one that refuses or is not well, is told apart; its words are not repeated."""
    answering.status = status
    with pytest.raises(error, match=sentence) as caught:
        registry.check(settings_for(f"http://127.0.0.1:{answering.server_port}"))
    assert "secret-token" not in str(caught.value)


class Between(http.server.BaseHTTPRequestHandler):
    """Stands before the real registry, and changes some of its answers, as `answers` of the server says."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, answer = self.server.answers(self.command, self.path)  # type: ignore[attr-defined]  # because set below
        if not status:
            host, port, base = self.server.behind  # type: ignore[attr-defined]  # because set below
            connection = http.client.HTTPConnection(host, port, timeout=20)
            headers = {"content-type": self.headers.get("content-type", "application/json")}
            connection.request(self.command, base + self.path, body, headers)
            found = connection.getresponse()
            status, answer = found.status, found.read()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_POST

    def log_message(self, *args: Any) -> None:
        pass


@contextlib.contextmanager
def between(settings: Settings, answers: Callable[[str, str], tuple[int, bytes]]) -> Iterator[Settings]:
    """Settings for the real registry behind a server that answers (method, path) itself, or with status 0 lets by."""
    url = urlsplit(settings.registry_url)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
    server.behind, server.answers = (url.hostname, url.port, url.path), answers  # type: ignore[attr-defined]  # because ours
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield settings.model_copy(update={"registry_url": f"http://127.0.0.1:{server.server_port}"})
    finally:
        server.shutdown()


def test_more_subjects_than_a_list_has(settings: Settings) -> None:
    """A registry lists a thousand subjects, and ours may lie behind them: they are asked for by name all the same."""
    strangers = json.dumps([f"a.other-{n}" for n in range(1000)]).encode()
    put(settings, OTHER)
    with between(
        settings, lambda how, path: (200, strangers) if path.startswith("/subjects?") else (0, b"")
    ) as limited:
        statuses = {check.topic: check.status for check in registry.check(limited)}
        assert statuses.pop("sleep") is SubjectStatus.INCOMPATIBLE
        assert set(statuses.values()) == {SubjectStatus.NEW}
        with pytest.raises(Misconfigured, match="nothing was registered"):
            registry.register(limited)
    assert ours_in(settings) == {"sleep"}


def test_a_subject_that_is_refused_half_way(settings: Settings) -> None:
    """A 409 at the registration itself names its subject, and no wrong address; repeating it goes on from there."""
    conflict, subject = (
        json.dumps({"error_code": 409, "message": "secret"}).encode(),
        f"{settings.topic_prefix}.sleep-value",
    )
    is_refused = [True]

    def answers(how: str, path: str) -> tuple[int, bytes]:
        is_it = how == "POST" and path.partition("?")[0] == f"/subjects/{subject}/versions"
        return (409, conflict) if is_it and is_refused else (0, b"")

    with between(settings, answers) as stubborn:
        with pytest.raises(Misconfigured, match=rf"refuses {subject}, .*HTTP 409") as caught:
            registry.register(stubborn)
        assert "STREAMS_REGISTRY_URL" not in str(caught.value)
        is_refused.clear()
        assert registry.register(stubborn).keys() == topics.avro_topics().keys()


def test_a_user_who_may_not_set_levels(settings: Settings) -> None:
    """Where the registry does not let us set a level, the schemas are registered all the same."""
    denied = json.dumps({"error_code": 40301, "message": "no"}).encode()
    with between(settings, lambda how, path: (403, denied) if how == "PUT" else (0, b"")) as strict:
        assert registry.register(strict) == registry.resolve(settings)


def _with_field(text: str, field: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(text)
    schema["fields"].append(field)
    return schema
