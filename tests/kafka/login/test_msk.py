"""Tokens for Amazon MSK, signed by AWS's own library with made-up credentials."""

import base64
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from streams.kafka.login import msk
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

SERVERS = "b-1.streams.abc123.c2.kafka.eu-west-1.amazonaws.com:9098"


@pytest.fixture(autouse=True)
def _without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")


def test_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed URL of the brokers' region, for a quarter of an hour."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPLANTED")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    token = msk.ask(Settings(_env_file=None, bootstrap_servers=SERVERS))
    url = urlsplit(base64.urlsafe_b64decode(token.value + "==").decode())
    assert url.hostname == "kafka.eu-west-1.amazonaws.com"
    assert parse_qs(url.query)["Action"] == ["kafka-cluster:Connect"]
    assert 890 < token.ends_s - token.begins_s <= 901


def test_no_credentials() -> None:
    """A person has to give them."""
    with pytest.raises(Misconfigured, match="AWS_ACCESS_KEY_ID"):
        msk.ask(Settings(_env_file=None, bootstrap_servers=SERVERS))


def test_where_the_brokers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """As their name says, unless AWS_REGION is set; a name of one's own needs that."""
    serverless = "boot-abc.c1.kafka-serverless.us-east-1.amazonaws.com:9098"
    assert msk.region_of(Settings(_env_file=None, bootstrap_servers=serverless)) == "us-east-1"
    own = Settings(_env_file=None, bootstrap_servers="kafka.example.com:9098")
    with pytest.raises(Misconfigured, match="AWS_REGION"):
        msk.region_of(own)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert msk.region_of(own) == "eu-central-1"


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    monkeypatch.setitem(sys.modules, "aws_msk_iam_sasl_signer", None)
    with pytest.raises(Misconfigured, match=r"pip install 'junction-streams\[msk\]'"):
        msk.ask(Settings(_env_file=None, bootstrap_servers=SERVERS))
