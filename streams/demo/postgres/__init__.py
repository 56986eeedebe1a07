"""A real PostgreSQL for a laptop, a demo and the tests.

binaries   its programs, from Maven into the cache
making     its files, made once
server     one server on loopback
user       as whom it runs where we are root, as which it refuses to
"""

from streams.demo.postgres.server import Postgres

__all__ = ["Postgres"]
