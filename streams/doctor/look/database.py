"""The sink's PostgreSQL: its login, its version, the right to make the schema, its clock."""

import time

from streams.doctor.judge import machine
from streams.ops import clocks
from streams.ops.lines import Line
from streams.ops.settings import Settings


def database(settings: Settings) -> list[Line]:
    """Asked with the sink's own connection, which reads nothing of people."""
    from connectors.postgres.connection import opened  # psycopg is an extra

    with opened(settings) as connection, connection.transaction("look at the database") as cursor:
        before_ms = time.time() * 1000
        cursor.execute(_QUESTION, [settings.postgres_schema])
        row = cursor.fetchone()
        after_ms = time.time() * 1000
    if row is None:
        return []
    version, may_create, has_schema, clock_ms = row
    said = machine.postgres(int(version), may_create=may_create, has_schema=has_schema, schema=settings.postgres_schema)
    tolerance_s = settings.signature_tolerance_s
    theirs = clocks.clock("PostgreSQL", float(clock_ms), (before_ms, after_ms), grain_ms=1, tolerance_s=tolerance_s)
    return [said, theirs]


_QUESTION = """
SELECT current_setting('server_version_num'), has_database_privilege(current_database(), 'CREATE'),
       to_regnamespace(%s) IS NOT NULL, extract(epoch FROM clock_timestamp()) * 1000
"""
