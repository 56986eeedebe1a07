"""A real PostgreSQL for tests: one a process, a database of its own for each test."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from streams.demo.postgres import Postgres


@contextmanager
def server() -> Iterator[str]:
    """URL of its first database, until the block ends."""
    with Postgres() as running:
        yield running.url.get_secret_value()


def database(server_url: str, like: str = "template1") -> str:
    """A new database's URL. `like`: the name of one to copy, to which nobody is connected."""
    name = f"t{uuid.uuid4().hex[:10]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
    return f"{server_url.rpartition('/')[0]}/{name}"
