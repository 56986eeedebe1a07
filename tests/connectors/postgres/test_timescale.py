"""Samples as a hypertable of TimescaleDB, and what is the same without it."""

from contextlib import closing

import pytest

from connectors.postgres import service
from connectors.postgres.connection import opened
from connectors.postgres.schema import Database
from connectors.postgres.tables import ddl, samples
from streams.ops.errors import Misconfigured
from tests.connectors.postgres.filling import point, series
from tests.connectors.postgres.sinking import Log, Target
from tests.connectors.postgres.test_rights import settings_of


def test_without_the_extension_a_sentence(database: str) -> None:
    """It names the extension, and nothing is made."""
    with pytest.raises(Misconfigured, match="CREATE EXTENSION timescaledb"):
        service.apply(settings_of(database), has_timescale=True)
    assert service.plan(settings_of(database))[0].startswith("CREATE SCHEMA")


def test_a_table_in_one_piece_gets_no_months(database: str) -> None:
    """As create_hypertable leaves it for the sink: an ordinary table, of which no partition is made."""
    with opened(settings_of(database)) as connection, connection.transaction("test") as cursor:
        made, *_, turned = ddl.create_hyper("junction", samples.SAMPLES)
        assert turned.startswith("SELECT create_hypertable('\"junction\".\"samples\"', 'time'")
        connection.run(cursor, ["CREATE SCHEMA junction", made])
    with closing(Target(database)) as target:
        target.write_all(Log.of([series("heartrate", [point("2026-06-01T10:00:00+00:00", 60)])]))
        assert target.run("SELECT value FROM junction.heartrate") == [(60.0,)]
        assert target.run("SELECT count(*) FROM pg_inherits") == [(0,)]


def test_a_hypertable(database: str) -> None:
    """Rows as anywhere else, in chunks."""
    with opened(settings_of(database)) as connection:
        with connection.transaction("test") as cursor:
            cursor.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
            if cursor.fetchone() == (0,):
                pytest.skip("because TimescaleDB is not installed here")
            cursor.execute("CREATE EXTENSION timescaledb")
        Database(connection, "junction", has_timescale=True).apply({})
    with closing(Target(database)) as target:
        target.write_all(Log.of([series("heartrate", [point("2026-06-01T10:00:00+00:00", 60)])]))
        assert target.run("SELECT value FROM junction.heartrate") == [(60.0,)]
        assert target.run("SELECT count(*) FROM timescaledb_information.chunks") == [(1,)]
