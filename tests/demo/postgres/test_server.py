"""One PostgreSQL on loopback."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from streams.demo.cluster.cluster import LOCK, remove_abandoned
from streams.demo.postgres import Postgres
from streams.demo.postgres.binaries import _platform
from streams.ops.errors import Misconfigured


def _ask(server: Postgres, question: str) -> object:
    with psycopg.connect(server.url.get_secret_value()) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def test_it_keeps_its_data_and_its_address() -> None:
    """What was committed before a SIGKILL is there after the next start, at the same URL."""
    with Postgres() as server:
        with psycopg.connect(server.url.get_secret_value()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        before = server.url
        server.kill()
        server.start()
        assert server.url == before
        assert _ask(server, "SELECT n FROM kept") == 7
        folder = server.folder
    assert not folder.exists()


def test_it_is_closed_to_others() -> None:
    """It listens on loopback only, wants the password, runs as no root, and its files are its user's alone."""
    with Postgres() as server:
        url = server.url.get_secret_value()
        password = url.split(":")[2].split("@")[0]
        assert _ask(server, "SHOW listen_addresses") == "127.0.0.1"
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0 or sys.platform == "darwin"
        assert (server.folder / "postgres").stat().st_mode & 0o077 == 0
        assert (server.folder / "postgres-password").stat().st_mode & 0o077 == 0
        assert password not in str(server.url)
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(url.replace(password, "wrong"))


def test_its_log_quotes_no_row() -> None:
    """A statement that fails is told without its text and without DETAIL, which hold values."""
    with Postgres() as server, psycopg.connect(server.url.get_secret_value(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id text PRIMARY KEY)")
        for is_first in (True, False):
            try:
                connection.execute("INSERT INTO kept VALUES ('planted-in-a-row')")
            except psycopg.errors.UniqueViolation:
                assert not is_first
        said = (server.folder / "postgres.log").read_text()
    assert "duplicate key" in said
    assert "planted-in-a-row" not in said


@pytest.mark.skipif(sys.platform == "darwin", reason="because /proc is Linux's")
def test_it_does_not_outlive_us() -> None:
    """Killed with SIGKILL, we leave no server behind, and the next start removes our temporary folder."""
    program = "from streams.demo.postgres import Postgres\nwith Postgres() as p:\n"
    program += "    print(p.pid, p.port, p.folder, flush=True); input()"
    ours = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert ours.stdout is not None
    pid, port, folder = ours.stdout.readline().split()
    ours.kill()
    ours.wait()
    while os.path.exists(f"/proc/{pid}"):  # the suite's own limit ends this
        time.sleep(0.02)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0
    os.utime(Path(folder) / LOCK, (0, 0))
    while Path(folder).exists():  # its last processes hold the lock for a moment
        remove_abandoned()
        time.sleep(0.02)


def test_a_platform_without_an_archive_is_told_what_to_do() -> None:
    """Where Maven Central has no PostgreSQL, the sentence names the setting for one's own."""
    with pytest.raises(Misconfigured, match="STREAMS_POSTGRES_URL"):
        _platform("Windows", "AMD64")
    assert _platform("Linux", "aarch64") == "linux-arm64v8"
