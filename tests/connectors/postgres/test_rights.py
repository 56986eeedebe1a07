"""Who may do what: a service without DDL rights, logins that fail."""

import os
from contextlib import closing

import psycopg
import pytest
from pydantic import SecretStr

from connectors.postgres import service
from connectors.postgres.connection import Connection
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests.connectors.postgres.filling import point, series, sleep
from tests.connectors.postgres.sinking import Log, Target
from tests.folding import PREFIX
from tests.forked import run_command

OLD = "2026-06-03T08:00:00+00:00"
GRANTS = (
    "CREATE ROLE writer LOGIN PASSWORD 'w'; GRANT USAGE ON SCHEMA junction TO writer; "
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA junction TO writer"
)


def settings_of(url: str) -> Settings:
    return Settings(_env_file=None, registry_url=LOCAL_REGISTRY, topic_prefix=PREFIX, postgres_url=SecretStr(url))


def as_role(url: str, role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@{url.rpartition('@')[2]}"


def test_a_service_without_ddl_rights(database: str) -> None:
    """`--apply` by the owner makes all that the service needs, months of three years too; then `--plan` is empty.

    A month beyond them is a sentence, and nothing is written.
    """
    assert service.plan(settings_of(database))[0].startswith("CREATE SCHEMA")
    service.apply(settings_of(database))
    assert service.plan(settings_of(database)) == []
    with closing(Target(database)) as owner, closing(Target(as_owner_grants(owner, database))) as writer:
        log = Log.of([sleep("s", 1, updated_at=OLD), series("heartrate", [point("2026-06-01T10:00:00+00:00", 60)])])
        writer.write_all(log)
        assert owner.run("SELECT (SELECT count(*) FROM junction.samples), (SELECT count(*) FROM junction.sleep)") == [
            (1, 1)
        ]
        past = Log.of([series("glucose", [point("2001-01-01T10:00:00+00:00", 5)])])
        with pytest.raises(Misconfigured, match=r"no right to make the table junction.samples_2001_01.*--apply"):
            writer.write_all(past)
        assert owner.run("SELECT count(*) FROM junction.samples") == [(1,)]


def as_owner_grants(owner: Target, database: str) -> str:
    """URL of a role that may write and read rows, and make nothing."""
    for statement in GRANTS.split(";"):
        owner.run(statement)
    return as_role(database, "writer", "w")


@pytest.mark.parametrize("what", ["password", "role", "database"])
def test_a_login_that_fails_is_for_a_person(database: str, what: str) -> None:
    """The sentence has neither the password nor the name."""
    role, password = database.partition("//")[2].partition("@")[0].split(":")
    url = {
        "password": as_role(database, role, "planted"),
        "role": as_role(database, "planted", password),
        "database": f"{database}_planted",
    }[what]
    with (
        pytest.raises(Misconfigured, match="STREAMS_POSTGRES_URL") as raised,
        Connection(settings_of(url)).transaction("x"),
    ):
        pass
    assert "planted" not in str(raised.value)


def test_a_database_that_is_away_is_waited_for() -> None:
    """Nobody listens there."""
    connection = Connection(settings_of("postgresql://a:planted@127.0.0.1:1/x"))
    with pytest.raises(Unavailable, match="does not answer") as raised, connection.transaction("x"):
        pass
    assert "planted" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("postgresql://a:b@localhost/x", True),
        ("postgresql:///x?host=/run/postgresql", True),
        ("postgresql://a:b@10.1.2.3/x", True),
        ("postgresql://a:b@db.example.com/x", False),
        ("postgresql://a:b@db.example.com/x?sslmode=verify-full", True),
        ("postgresql://a:b@localhost,db.example.com/x", False),
        ("mysql://a:planted@localhost/x", False),
    ],
)
def test_the_address(url: str, is_fine: bool) -> None:
    """People's data go in the clear to nobody else's host; no sentence has the password."""
    if is_fine:
        assert settings_of(url).postgres_url.get_secret_value() == url
        return
    with pytest.raises(Misconfigured, match="STREAMS_POSTGRES_URL") as raised:
        settings_of(url)
    assert "planted" not in str(raised.value)


def test_the_plan_is_sql_that_runs(database: str) -> None:
    """What `--plan` prints makes everything when a person pastes it: then nothing is left to plan."""
    env = {"XDG_STATE_HOME": os.devnull, "STREAMS_REGISTRY_URL": LOCAL_REGISTRY, "STREAMS_POSTGRES_URL": database}
    printed = run_command("sink", "postgres", "--plan", env=env).stdout
    with psycopg.connect(database) as connection:
        connection.execute(printed.encode())
    assert service.plan(settings_of(database)) == []
