"""webhooks.toml: what it says, and for each mistake the line and what to do."""

from pathlib import Path

import pytest

from connectors.control import file
from connectors.control.file import Everything
from connectors.junction.webhook_api import TeamPlace
from streams.ops.errors import Misconfigured
from tests.connectors.control.files import ORG, TEAM, TEAM_TABLE, URL, parsed, text


def test_the_page_shows_a_file_that_is_one() -> None:
    """The example of docs/webhooks.md is read as it stands."""
    page = (Path(__file__).parents[3] / "docs/webhooks.md").read_text()
    found = parsed(page.partition("```toml\n")[2].partition("```")[0], INGEST_TOKEN="t0ken")
    wanted = found.endpoint("junction")
    assert found.team == TeamPlace(ORG, TEAM, "production")
    assert (wanted.url, wanted.events, wanted.rate_limit) == (URL, Everything(), 200)
    assert {name: value.get_secret_value() for name, value in wanted.headers.items()} == {
        "X-Env": "prod",
        "Authorization": "t0ken",
    }
    assert wanted.plain_headers == {"X-Env"}
    assert wanted.secret_file == Path("/run/secrets/junction")
    assert wanted.gateways == ("http://10.0.0.1:8080", "http://10.0.0.2:8080")


def test_what_is_left_out() -> None:
    """A URL is enough: everything comes, at any rate, with no header, and the team is the settings'."""
    found = parsed(f'[endpoint.a]\nurl = "{URL}"\n')
    wanted = found.endpoint("a")
    assert (wanted.events, wanted.rate_limit, wanted.headers, wanted.secret_file) == (Everything(), None, {}, None)
    assert wanted.is_enabled
    assert found.team == TeamPlace()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (text("rate_limt = 3"), "line 8: unknown: 'rate_limt' (did you mean 'rate_limit'?)"),
        (text() + "[endpoints.b]\n", "line 8: unknown: 'endpoints' (did you mean 'endpoint'?)"),
        (TEAM_TABLE + 'tem = "x"\n', "line 5: unknown: 'tem' (did you mean 'team'?)"),
        (TEAM_TABLE.replace(ORG, "acme"), "line 2: [team] org is no id (a UUID"),
        (TEAM_TABLE.replace("production", "prod"), "line 4: [team] environment: not what it has to be ("),
        (TEAM_TABLE + "[endpoint.a]\n", "line 5: [endpoint.a] has no url (a text: url ="),
        (text(url="http://ingest.example.org/x"), "line 7: [endpoint.junction] url: http:// would send health data"),
        (text(url="https://u:p@ingest.example.org/x"), "line 7: [endpoint.junction] url: a login in a URL"),
        (text(url="https://ingest.example.org/x#y"), "what stands behind # is never sent"),
        (text(url="ftp://ingest.example.org"), "line 7: [endpoint.junction] url: no URL"),
        (text(url="https://[::1"), "line 7: [endpoint.junction] url: no URL"),
        (text('events = "all"'), 'line 8: [endpoint.junction] events: not what it has to be ("everything", or a list'),
        (
            text("rate_limit = 0"),
            "line 8: [endpoint.junction] rate_limit: not what it has to be (a whole number from 1",
        ),
        (text("rate_limit = true"), "line 8: [endpoint.junction] rate_limit"),
        (text('gateways = ["10.0.0.1:8080"]'), "line 8: [endpoint.junction] gateways"),
        (text('gateways = ["http://u:pLanted0@10.0.0.1:8080"]'), "is no base URL"),
        (text('headers = { A = { env = "NOPE" } }'), "the environment has no NOPE (export NOPE before this command)"),
        (text('headers = { A = { env = "STREAMS_X" } }'), "STREAMS_X is a setting of this product"),
        (text('headers = { A = { evn = "NOPE" } }'), "line 8: [endpoint.junction] headers: not what it has to be"),
        (text('secret_file = "~nobody-of-this-name/x"'), "line 8: [endpoint.junction] secret_file: no path"),
        (text(name='"a b"'), "[endpoint.a b] is no name of an endpoint"),
        (text() + f'[endpoint.b]\nurl = "{URL}"\n', "line 9: [endpoint.b] url: [endpoint.junction] has it, too"),
        ("[team\n", "line 1: not TOML"),
        ("a = [" + "[" * 5000, "webhooks.toml: line"),
    ],
)
def test_a_mistake_is_told_with_its_line(source: str, words: str) -> None:
    """Which line, what is wrong there, and what it has to be."""
    with pytest.raises(Misconfigured) as caught:
        parsed(source)
    assert words in str(caught.value)
    assert "pLanted0" not in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody has to run it five times for five mistakes."""
    with pytest.raises(Misconfigured) as caught:
        parsed(text("a = 1", "b = 2", "rate_limit = -1"))
    assert all(f"line {n}: " in str(caught.value) for n in (8, 9, 10))


def test_loopback_may_be_http() -> None:
    """A gateway on this machine has no certificate."""
    assert parsed(text(url="http://127.0.0.1:8080/webhooks/junction")).endpoint("junction").url.startswith("http://")


def test_bytes_that_are_no_text() -> None:
    """Not UTF-8: the line, and how to save it."""
    with pytest.raises(Misconfigured, match=r"line 2: not UTF-8 \(save the file as UTF-8\)"):
        file.parse(b"[team]\n\xff")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The page that shows one is named."""
    with pytest.raises(Misconfigured, match=r"docs/webhooks\.md"):
        file.read(tmp_path / "webhooks.toml")


def test_paths_are_beside_the_file(tmp_path: Path) -> None:
    """A relative secret_file is found wherever the command is started."""
    (tmp_path / "webhooks.toml").write_text(text('secret_file = "junction.secret"'))
    assert file.read(tmp_path / "webhooks.toml").endpoint("junction").secret_file == tmp_path / "junction.secret"


def test_an_endpoint_that_is_not_in_the_file() -> None:
    """The nearest name is told."""
    with pytest.raises(Misconfigured, match="did you mean 'junction'"):
        parsed(text()).endpoint("junctoin")


def test_one_at_a_time(tmp_path: Path) -> None:
    """Two applies would both find no endpoint, and make one each; the next one may."""
    path = tmp_path / "webhooks.toml"
    path.write_text(text())
    with file.locked(path):
        with pytest.raises(Misconfigured, match="another apply"), file.locked(path):
            pass
        assert file.read(path).endpoints
    with file.locked(path):
        pass
