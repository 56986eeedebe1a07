"""A real PostgreSQL for tests: one a process, a database of its own for each test."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

NOBODY = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]  # it refuses to run as root


@contextmanager
def server() -> Iterator[str]:
    """Its address without a database, until the block ends."""
    found = shutil.which("postgres")
    if found is None:
        pytest.skip("because no PostgreSQL is installed here")
    programs = Path(found).resolve().parent
    with tempfile.TemporaryDirectory(prefix="streams-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        port = _make(programs, folder)
        process = subprocess.Popen(
            [*_as_user(), programs / "postgres", "-D", folder / "data"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        url = f"postgresql://streams@127.0.0.1:{port}"
        try:
            _wait(f"{url}/postgres")
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # at once, whoever is connected
            process.wait(20)


def _as_user() -> list[str]:
    return NOBODY if os.geteuid() == 0 else []


def _make(programs: Path, folder: Path) -> int:
    """A cluster in `folder`; its port."""
    how = ["-D", folder / "data", "-U", "streams", "-A", "trust", "-E", "UTF8", "--no-sync"]
    settings = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [*_as_user(), programs / "initdb", *how], capture_output=True, text=True, env=settings, check=False
    )
    assert done.returncode == 0, done.stderr
    port = 20_000 + os.getpid() % 20_000
    lines = [f"port={port}", "listen_addresses='127.0.0.1'", f"unix_socket_directories='{folder}'"]
    lines += ["fsync=off", "synchronous_commit=off", "max_connections=40"]
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write("\n".join(lines) + "\n")
    return port


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("PostgreSQL does not start")


def database(server_url: str) -> str:
    """A new database's URL."""
    name = f"t{uuid.uuid4().hex[:10]}"
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{server_url}/{name}"
