"""The cluster's folder, ports and end: data stays, nothing runs on, nobody shares a folder unknowingly."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from streams.demo.cluster import Cluster
from streams.demo.cluster.cluster import remove_abandoned
from streams.demo.cluster.locks import try_lock
from streams.demo.cluster.ports import LOOPBACK
from streams.ops.errors import Misconfigured
from tests.demo.cluster.helpers import consume, create_topic, produce

UP = "import sys, pathlib; from streams.demo.up import up; from streams.ops.settings import Settings; "
UP += "up(Settings(_env_file=None), pathlib.Path(sys.argv[1]), as_json=True, postgres='postgres' in sys.argv)"


@contextmanager
def up(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """`junction-streams up --json` as a process of its own, and what it printed."""
    with subprocess.Popen([sys.executable, "-c", UP, str(folder), *more], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def gone(processes: list[psutil.Process], within_s: float) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_a_killed_parent_leaves_nothing_behind_and_loses_nothing(java: None, tmp_path: Path) -> None:
    """After SIGKILL of the parent the JVMs are gone, and the next start has every record, schema and address."""
    schema = {"schema": '"string"'}
    with up(tmp_path) as (process, where):
        create_topic(where["bootstrap_servers"], "t")
        produce(where["bootstrap_servers"], "t", b"kept")
        httpx.post(f"{where['registry_url']}/subjects/t-value/versions", json=schema).raise_for_status()
        family = children(process.pid)
        assert sum("java" in member.name() for member in family) == 2
        process.kill()
        assert gone(family, within_s=10)
    with Cluster(tmp_path) as again:
        assert (again.bootstrap_servers, again.registry_url) == (where["bootstrap_servers"], where["registry_url"])
        assert consume(again.bootstrap_servers, "t", 1) == [b"kept"]
        assert httpx.get(f"{again.registry_url}/subjects").json() == ["t-value"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_ends_cleanly(java: None, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end `up` with 0, and nothing runs on. PostgreSQL answers where it is asked for."""
    with up(tmp_path, "postgres") as (process, where):
        family = children(process.pid)
        with psycopg.connect(where["postgres_url"]) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        process.send_signal(number)
        assert process.wait(60) == 0
        assert gone(family, within_s=5)
    assert (Path(row[0]) / "PG_VERSION").exists()
    shutil.rmtree(Path(row[0]).parent)  # as root it is another place than the test's folder


def test_a_folder_in_use_is_refused(cluster: Cluster) -> None:
    """A second cluster on the same folder is told so in a sentence; the first goes on."""
    with (
        pytest.raises(Misconfigured, match="in use by another embedded cluster; stop that one"),
        Cluster(cluster.data_dir),
    ):
        pass
    cluster.check()


def test_a_port_lost_after_it_was_chosen_is_chosen_anew(java: None, tmp_path: Path) -> None:
    """Somebody may take a port between our choice and the JVM's bind; the start goes on with another."""
    taken: list[socket.socket] = []

    def steal(book: Path, name: str) -> None:
        while not book.exists() or not book.read_text():
            time.sleep(0.001)
        taken.append(socket.create_server((LOOPBACK, json.loads(book.read_text())[name])))

    books = [(tmp_path / "kafka/ports.json", "broker-1"), (tmp_path / "registry/ports.json", "registry")]
    thieves = [threading.Thread(target=steal, args=book, daemon=True) for book in books]
    for thief in thieves:
        thief.start()
    with Cluster(tmp_path) as cluster:
        stolen = {str(thief.getsockname()[1]) for thief in taken}
        assert len(stolen) == 2
        assert not any(port in cluster.bootstrap_servers + cluster.registry_url for port in stolen)
    for thief in taken:
        thief.close()


def test_a_restart_keeps_the_data_and_the_end_removes_it(java: None) -> None:
    """Data outlives a restart; in a temporary folder it does not outlive the cluster."""
    with Cluster(registry=False) as cluster:
        create_topic(cluster.bootstrap_servers, "t")
        produce(cluster.bootstrap_servers, "t", b"kept")
        cluster.kafka.restart()
        assert consume(cluster.bootstrap_servers, "t", 1) == [b"kept"]
        folder = cluster.data_dir
        assert os.listdir(folder)
    assert not folder.exists()


def test_an_abandoned_temporary_folder_is_removed_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is killed leaves a folder without a lock; a locked one, a fresh one and a stranger's stay."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = ["junction-streams-abandoned", "junction-streams-locked", "junction-streams-fresh", "other-abandoned"]
    for name in names:
        (tmp_path / name / "kafka").mkdir(parents=True)
        (tmp_path / name / "in-use.lock").touch()
        if "fresh" not in name:
            os.utime(tmp_path / name / "in-use.lock", (0, 0))
    held = try_lock(tmp_path / "junction-streams-locked" / "in-use.lock")
    assert held is not None
    remove_abandoned()
    os.close(held)
    assert sorted(os.listdir(tmp_path)) == sorted(set(names) - {"junction-streams-abandoned"})


def test_a_process_that_ended_by_itself_is_named(java: None) -> None:
    """`check` says which service stopped and where its log is."""
    with Cluster(registry=False) as cluster:
        cluster.check()
        os.kill(cluster.kafka.children[1].pid, signal.SIGKILL)
        while cluster.kafka.children[1].running():
            time.sleep(0.01)
        with pytest.raises(Misconfigured, match=r"Kafka stopped by itself; look into .*node-1\.log"):
            cluster.check()


def test_a_failed_start_keeps_the_log_it_names(java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a JVM gives up, the sentence quotes it, and the log is there to be read, temporary folder or not."""
    monkeypatch.setenv("QUARKUS_HTTP_SSL_PORT", "not a port")
    with pytest.raises(Misconfigured, match=r"registry stopped by itself; look into .*\.log\. It says: ") as raised:
        Cluster().__enter__()
    log = Path(str(raised.value).split("look into ")[1].split(". It says")[0])
    assert log.read_text()
    shutil.rmtree(log.parents[1])
