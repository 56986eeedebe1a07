"""`webhooks probe` as it is typed: what it prints, and with which code it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.demo.cluster import ports
from streams.ops.errors import Misconfigured
from tests.connectors.control.probing.test_probe import other
from tests.connectors.webhook.gateways import SECRET


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREAMS_ENDPOINTS", json.dumps({"junction": [SECRET]}))


def test_something_else_answers() -> None:
    """Exit 1, and a line that says what it is; no secret in it."""
    with other(204) as url:
        ended = CliRunner().invoke(app, ["webhooks", "probe", "junction", "--url", url, "--json"])
    said = json.loads(ended.stdout)
    assert (ended.exit_code, said["exit"]) == (1, 1)
    assert [line["state"] for line in said["lines"]] == ["wrong"]
    assert SECRET[6:] not in ended.output


def test_nobody_answers() -> None:
    """Exit 3."""
    url = f"http://127.0.0.1:{ports.random_free()}/webhooks/junction"
    assert CliRunner().invoke(app, ["webhooks", "probe", "junction", "--url", url]).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "cannot read webhooks.toml"),
        (["junction", "--url", "http://example.org/webhooks/junction"], "in the clear"),
        (["nobody", "--url", "http://127.0.0.1:1/webhooks/nobody"], "no secret of endpoint nobody"),
    ],
)
def test_what_a_person_has_to_set(arguments: list[str], sentence: str) -> None:
    """A sentence that says what, before anything is sent."""
    ended = CliRunner().invoke(app, ["webhooks", "probe", *arguments])
    assert isinstance(ended.exception, Misconfigured)
    assert sentence in str(ended.exception)


def test_each_endpoint_of_the_file(tmp_path: Path) -> None:
    """All of them, and the gateways behind each, by their names."""
    with other(502) as url:
        base = url.rpartition("/webhooks/")[0]
        (tmp_path / "webhooks.toml").write_text(f'[endpoint.junction]\nurl = "{url}"\ngateways = ["{base}"]\n')
        ended = CliRunner().invoke(app, ["webhooks", "probe", "--json"])
    found = [line["found"] for line in json.loads(ended.stdout)["lines"]]
    assert (ended.exit_code, [text.split(": ")[0] for text in found]) == (3, ["junction", base])
