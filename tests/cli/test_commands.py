"""The command line as a newcomer meets it: help that teaches, errors that say what to do next."""

import os
import subprocess

import pytest
from typer.testing import CliRunner

from streams.cli import app
from tests.forked import run_command

SERVICES = ["demo", "up", "gateway", "worker", "fetcher", "simulate", "fake-api"]
SERVICES = ["demo", "up", "gateway", "worker", "fetcher", "notify", "simulate"]
SINKS = ["source diff", "sink postgres", "sink status", "sink rejects", "sink erase", "sink rebuild"]
SETUPS = ["source setup rabbitmq", "source setup pubsub", "source setup eventhubs", "source setup remove"]
DOORS = ["source check", "source explain"]
LOOKS = ["webhooks probe", "doctor", "explain", "tail", "status", "drift", "reconcile", "fetch"]
LETTERS = ["dead-letters list", "dead-letters show", "dead-letters redrive"]
WEBHOOKS = [f"webhooks {name}" for name in ("secret", "plan", "apply", "list", "adopt")]
ALERTS = [f"alerts {name}" for name in ("check", "test", "list", "show", "threshold set", "threshold unset")]
COMMANDS = [*SERVICES, *SINKS, *SETUPS, *DOORS, *LOOKS, *LETTERS, *WEBHOOKS, *ALERTS]


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The real program in a process of its own, without this shell's settings."""
    return run_command(*arguments, env={"XDG_STATE_HOME": os.devnull, **env})  # nor what runs on this machine


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    """`--help` of every command shows how it is used."""
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert f"junction-streams {command}" in " ".join(shown.output.split()) or "Example" in shown.output


@pytest.mark.parametrize(
    "command",
    [
        "topics plan",
        "topics apply",
        "topics acls plan",
        "tail sleep",
        "drift",
        "dead-letters list",
        "doctor",
        "source diff --since 24h",
    ],
)
def test_without_kafka_a_sentence_says_what_to_run(command: str) -> None:
    """No address: exit 2, one sentence that names the variable and `up`, no traceback."""
    ended = run(*command.split())
    assert ended.returncode == 2, ended.stderr
    assert "STREAMS_BOOTSTRAP_SERVERS" in ended.stderr
    assert "junction-streams up" in ended.stderr
    assert "Traceback" not in ended.stderr


KAFKA = [
    "topics plan", "tail sleep", "drift", "dead-letters list", "dead-letters redrive --all", "alerts list",
    "alerts threshold list", "alerts threshold set u low --bound 3", "fetch --user u --provider oura --resource sleep",
    "notify", "worker", "source diff --since 24h",
]  # fmt: skip


@pytest.mark.parametrize("command", KAFKA)
def test_a_client_that_cannot_be_made_is_a_sentence(command: str) -> None:
    """A certificate that is not there: exit 2, which setting it is, no traceback, no waiting for what never comes."""
    where = {"STREAMS_BOOTSTRAP_SERVERS": "127.0.0.1:9", "STREAMS_REGISTRY_URL": "http://127.0.0.1:9"}
    ended = run(*command.split(), **where, STREAMS_SECURITY_PROTOCOL="SSL", STREAMS_SSL_CA_FILE="/nowhere.pem")
    assert ended.returncode == 2, ended.stderr
    assert "ssl.ca.location" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_setting_is_named_without_its_value() -> None:
    """A mistyped secret list is exit 2 and the variable's name; the secret stays unsaid."""
    ended = run("gateway", STREAMS_ENDPOINTS='{"junction": ["whsec_marker"')
    assert ended.returncode == 2
    assert "STREAMS_ENDPOINTS" in ended.stderr
    assert "marker" not in ended.stderr


def test_explain_reads_standard_input() -> None:
    """`explain -` takes a body from a pipe, and an unreadable file is a sentence."""
    body = '{"event_type":"daily.data.sleep.created","user_id":"u","data":{"id":"1","source":{"provider":"oura"}}}'
    ended = run_command("explain", "--json", "-", env={"XDG_STATE_HOME": os.devnull}, given=body)
    assert '"key": "u:sleep"' in ended.stdout
    missing = run("explain", "no-such-file.json")
    assert missing.returncode == 2
    assert "cannot read no-such-file.json" in missing.stderr


def test_a_redrive_wants_to_be_told_which() -> None:
    """Without a filter nothing is put back by accident: exit 2, and the sentence names the options."""
    ended = run("dead-letters", "redrive")
    assert ended.returncode == 2
    assert "--all" in ended.stderr


def test_verify_wants_to_know_which() -> None:
    """One record has three parts, a span has one: half of it, both, or nothing is named before anything is asked."""
    for asked in ((), ("--topic", "raw.labs"), ("--offset", "1", "--partition", "1", "--since", "2h")):
        ended = run("verify", *asked)
        assert ended.returncode == 2
        assert "--partition and --offset" in ended.stderr


@pytest.mark.parametrize(("since", "is_right"), [("2h", True), ("2026-06-03T10:00:00Z", True), ("soon", False)])
def test_since_is_a_time_or_so_long_ago(since: str, is_right: bool) -> None:
    """A mistyped time is named before anything is asked of Kafka."""
    ended = run("dead-letters", "list", "--since", since)
    assert ("STREAMS_BOOTSTRAP_SERVERS" in ended.stderr) is is_right
    assert ("neither 30m" in ended.stderr) is not is_right
