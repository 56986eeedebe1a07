"""What people see of a body, and what the wire does."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.junction.pipeline_secrets import body_text, masked, revealed
from tests.connectors.junction.pipelines import AZURE, MARKER, TARGETS, URI, pipeline

HOST = "broker.example.org"


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.key)
def test_a_printed_body_has_no_secret(target: Any) -> None:
    """JSON of the whole body, masked; neither its repr nor that of the pipeline has the secret; the wire has it."""
    body = pipeline(target).body()
    text = body_text(body)
    assert json.loads(text).keys() == body.keys()
    assert revealed(body)["preferences"] == body["preferences"] == json.loads(text)["preferences"]
    assert text.startswith('{\n  "team_ids": [\n')
    assert MARKER not in text + repr(body) + str(body) + repr(pipeline(target))
    assert (MARKER in json.dumps(revealed(body))) == (target.key != "cloud_pubsub")


def test_what_is_no_secret_is_seen() -> None:
    """User, host and virtual host; namespace and name of the policy."""
    assert masked(URI) == f"amqps://junction:***@{HOST}/health"
    for text, found in (
        (f"amqp://u:p@{HOST}:5672/v", f"amqp://u:***@{HOST}:5672/v"),
        (f"amqps://u:p@{HOST}?heartbeat=9", f"amqps://u:***@{HOST}?***"),
        (f"amqps://u:p@{HOST}#x", f"amqps://u:***@{HOST}?***"),
        (f"amqps://u@{HOST}/v", f"amqps://***@{HOST}/v"),
        (f"amqps://{HOST}/v", f"amqps://{HOST}/v"),
        (f"amqps://u:p@{HOST}:0/v", "***"),
    ):
        assert masked(SecretStr(text)) == found
    shown = "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=***"
    assert masked(AZURE) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"amqps://{MARKER}@{HOST}/v",
        f"amqps://u:{MARKER}@{HOST}:5671/v?key={MARKER}#{MARKER}",
        f"amqps://u:a@{MARKER}@{HOST}/v",
        f"amqps://u:1/{MARKER}@{HOST}/v",
        f"amqps://u:1#{MARKER}@{HOST}/v",
        f"amqps://u:1?{MARKER}@{HOST}/v",
        f"amqps://u:{MARKER}",
        f"amqps://u:{MARKER}@[/v",
        f"https://{HOST}/{MARKER}",
        f"Endpoint://ns/;SharedAccessKey={MARKER}",
        f"Endpoint=sb://u:{MARKER}@ns/{MARKER};SharedAccessSignature={MARKER}",
        f"BlobEndpoint=https://raw.example.org/?sig={MARKER}",
        f"{MARKER}==",
        f"Endpoint=sb://ns/;{MARKER}=x",
        f"Endpoint=sb://ns/\nSharedAccessKey={MARKER}",
        MARKER,
        "",
    ],
)
def test_what_is_odd_is_masked_whole(text: str) -> None:
    """A password that is not encoded, a token as user, another file's text: no piece of it is shown."""
    assert MARKER.lower() not in masked(SecretStr(text)).lower()


@given(st.text(alphabet="abc123@:/?#;=%[]. ", max_size=12), st.text(alphabet="ab@:/?#;=%[]", max_size=6))
def test_no_password_is_ever_shown(before: str, after: str) -> None:
    """Whatever stands around it: the marker of the password is not in what is shown, and nothing is raised."""
    for text in (f"amqps://u:{before}{MARKER}{after}@{HOST}/v", f"Endpoint=sb://ns/;SharedAccessKey={before}{MARKER}"):
        assert MARKER.lower() not in masked(SecretStr(text)).lower()
