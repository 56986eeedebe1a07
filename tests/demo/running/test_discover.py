"""Commands find the Kafka of a running demo, and a setting that a person gave wins."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from streams.demo.cluster import MockCluster
from streams.demo.running import notice
from streams.demo.running.announce import announced
from streams.demo.running.discover import PLACE, discover, missing
from streams.demo.running.notice import Notice
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests.cli.test_commands import run

BOTH: tuple[notice.Kind, ...] = ("up", "demo")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """State of a user of this test's own; no `.env`."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def mock() -> Iterator[Settings]:
    """A Kafka that starts at once."""
    with MockCluster() as cluster:
        yield Settings(
            _env_file=None, bootstrap_servers=cluster.bootstrap_servers, registry_url=LOCAL_REGISTRY, partitions=3,
            query_port=8071, topic_prefix="other",
        )  # fmt: skip


def files() -> list[Path]:
    return list(notice.folder().glob("*"))


def given(**settings: str) -> Settings:
    return Settings(_env_file=None, **settings)  # type: ignore[arg-type]  # because pydantic reads them from words


def test_what_runs_is_used_where_nothing_is_set(mock: Settings) -> None:
    """Address, registry, prefix, partitions and query port are those of the demo, and a sentence says so."""
    with announced(mock, "demo", "http://127.0.0.1:8090") as is_announced:
        found = discover(given(), BOTH)
    assert is_announced
    assert found.words == f"using the demo that runs on {mock.bootstrap_servers}"
    names = ("bootstrap_servers", "registry_url", "topic_prefix", "group_id", "partitions", "query_port")
    assert {name: getattr(found.settings, name) for name in names} == {name: getattr(mock, name) for name in names}
    assert found.settings.junction_url == "http://127.0.0.1:8090"


def test_the_file_is_its_users_alone_and_goes(mock: Settings) -> None:
    """Mode 0600 in a folder of mode 0700; removed at the end, also of an error."""
    with suppress(ZeroDivisionError), announced(mock, "up"):
        (path,) = files()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        raise ZeroDivisionError
    assert files() == []
    assert discover(given(), BOTH).words == ""


def test_kafka_of_a_person_wins(mock: Settings) -> None:
    """With an address of its own nothing is looked for."""
    mine = given(bootstrap_servers="127.0.0.1:9")
    with announced(mock, "demo"):
        assert discover(mine, BOTH) == (mine, "")


@pytest.mark.parametrize("name", sorted(set(PLACE) - {"bootstrap_servers"}))
def test_half_a_place_is_another_place(mock: Settings, name: str) -> None:
    """Who gives a registry, a login or a certificate means another Kafka: nothing is mixed, and a sentence says why."""
    words = {"security_protocol": "SSL", "sasl_mechanism": "PLAIN"}
    mine = given(**{name: words.get(name, "http://127.0.0.1:8081")})
    with announced(mock, "demo"):
        found = discover(mine, BOTH)
    assert found.settings == mine
    assert f"STREAMS_{name.upper()} is set" in found.words


def test_each_other_setting_of_a_person_wins(mock: Settings) -> None:
    """Prefix, group, partitions and query address are hers where she gave them; the rest is filled in."""
    mine = given(topic_prefix="mine", partitions="9", query_url="http://127.0.0.1:1")
    with announced(mock, "demo"):
        found = discover(mine, BOTH).settings
    assert (found.topic_prefix, found.partitions, found.query_port) == ("mine", 9, 0)
    assert (found.bootstrap_servers, found.group_id) == (mock.bootstrap_servers, mock.group_id)


RUNS = Notice("demo", 1, "c", "127.0.0.1:9", "local:", "p", "g", 4, 8070, "http://127.0.0.1:8090")


@pytest.mark.parametrize(
    ("secret", "address"),
    [("query_token", "query_port"), ("junction_api_key", "junction_url"), ("junction_management_key", "junction_url")],
)
def test_a_secret_goes_to_no_address_of_a_file(secret: str, address: str) -> None:
    """A token or key of a person's own is sent to addresses of her own."""
    assert address in missing(given(), RUNS)
    assert address not in missing(given(**{secret: "hers"}), RUNS)


def test_services_use_no_demo(mock: Settings) -> None:
    """A demo has its worker: another one of that name would fence it. The Kafka of `up` has none."""
    with announced(mock, "demo"):
        assert discover(given(), ("up",)).settings == given()
    with announced(mock, "up"):
        assert discover(given(), ("up",)).settings.bootstrap_servers == mock.bootstrap_servers


def test_the_last_one_is_found(mock: Settings) -> None:
    """Of two the one that was announced last; of the other again when that one ends."""
    with MockCluster() as second, announced(mock, "demo"):
        other = mock.model_copy(update={"bootstrap_servers": second.bootstrap_servers})
        with announced(other, "up"):
            assert discover(given(), BOTH).settings.bootstrap_servers == second.bootstrap_servers
        assert discover(given(), BOTH).settings.bootstrap_servers == mock.bootstrap_servers


def test_another_cluster_on_that_port_is_ignored(mock: Settings) -> None:
    """Kafka says which cluster it is, and that has to be the one that was announced."""
    with announced(mock, "demo"):
        (path,) = files()
        content = path.read_bytes()
        path.write_bytes(content.replace(b'"cluster_id":"', b'"cluster_id":"x'))
        assert discover(given(), BOTH) == (given(), "")


def test_a_closed_port_is_ignored(mock: Settings) -> None:
    """Its process runs, its Kafka does not: as if there were none, and at once."""
    with announced(mock, "demo"), socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.close()
        (path,) = files()
        path.write_bytes(path.read_bytes().replace(mock.bootstrap_servers.encode(), f"127.0.0.1:{port}".encode()))
        assert discover(given(), BOTH) == (given(), "")


def test_a_folder_that_cannot_be_made_stops_nobody(mock: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo runs, and is not found."""
    monkeypatch.setenv("XDG_STATE_HOME", os.devnull)
    with announced(mock, "demo") as is_announced:
        assert not is_announced
        assert discover(given(), BOTH) == (given(), "")


def test_without_a_cluster_nothing_is_announced(mock: Settings) -> None:
    """What does not answer is not worth a file."""
    nobody = mock.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})
    with announced(nobody, "demo") as is_announced:
        assert not is_announced
        assert files() == []


def test_commands_use_a_real_one(settings: Settings, home: Path) -> None:
    """`topics plan --json` without any setting: JSON alone on standard output, one line on stderr; then none runs."""
    with announced(settings, "up"):
        ended = run("topics", "plan", "--json", XDG_STATE_HOME=str(home))
        assert ended.stderr == f"using the Kafka that runs on {settings.bootstrap_servers}\n"
        assert settings.topic_prefix in ended.stdout
        assert all(json.loads(line) for line in ended.stdout.splitlines())
    after = run("topics", "plan", "--json", XDG_STATE_HOME=str(home))
    assert (after.returncode, after.stdout) == (2, "")
    assert "no Kafka" in after.stderr


def test_up_is_found_until_it_ends(java: None, home: Path) -> None:
    """The command itself: others find it while it runs, and no more after SIGKILL, which leaves its file behind."""
    command = [sys.executable, "-m", "streams", "up", "--json", "--data", str(home / "data"), "--partitions", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        found = discover(given(), BOTH).settings
        process.send_signal(signal.SIGKILL)
    assert (found.bootstrap_servers, found.registry_url) == (where["bootstrap_servers"], where["registry_url"])
    assert found.partitions == 2
    assert len(files()) == 1
    assert discover(given(), BOTH) == (given(), "")
    assert files() == []
