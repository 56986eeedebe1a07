"""A real PostgreSQL for tests: one a process, a database of its own for each test."""

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

NOBODY = "nobody"  # PostgreSQL refuses to run as root


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Its address without a database, until the block ends."""
    found = shutil.which("postgres")
    if found is None:
        pytest.skip("because no PostgreSQL is installed here")
    programs = Path(found).resolve().parent
    as_user = ["setpriv", "--reuid", NOBODY, "--regid", "nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    for parent in list(folder.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o711)
    data = folder / "data"
    made = [
        *as_user,
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "streams",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(made, check=True, capture_output=True, env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    port = 20_000 + os.getpid() % 20_000
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
    options += ["-c", "fsync=off", "-c", "max_connections=40"]
    process = subprocess.Popen(
        [*as_user, str(programs / "postgres"), "-D", str(data), *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"postgresql://streams@127.0.0.1:{port}"
    try:
        _wait(f"{url}/postgres")
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # at once, whoever is connected
        process.wait(20)


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
