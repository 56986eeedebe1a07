"""What an error of PostgreSQL means: wait, or a sentence for a person. Its DETAIL quotes values and is never shown."""

import psycopg

from connectors.postgres.tables.binary import Unfit
from streams.ops.errors import Misconfigured, StreamsError, Unavailable

_WAIT = {
    "25006": "it is read-only: a standby, or in recovery",
    "25P03": "it ended our transaction for being idle",
    "40001": "a transaction of another process came first",
    "40P01": "a transaction of another process came first",
    "42P07": "another process makes the same table",
    "53300": "it has no connection left",
    "55P03": "somebody holds a lock",
    "57014": "it cancelled our statement",
    "57P01": "it is shutting down",
    "57P02": "it crashed and restarts",
    "57P03": "it is starting",
}
_STOP = {
    "28000": "PostgreSQL refuses the login of STREAMS_POSTGRES_URL",
    "28P01": "PostgreSQL refuses the password of STREAMS_POSTGRES_URL",
    "3D000": "there is no such database: create it, or correct STREAMS_POSTGRES_URL",
    "42501": "the role of STREAMS_POSTGRES_URL has no right to {what}: grant it, or let the owner of the tables run "
    "`junction-streams sink postgres --apply`, which makes tables, columns and the months of three years",
    "42883": "TimescaleDB is not in this database: CREATE EXTENSION timescaledb, or leave --timescale out",
    "53100": "PostgreSQL's disk is full: make room and start again; nothing is lost, the position stands",
}
_WORDS = {"42P01": "a table is missing", "42703": "a column is missing", "42804": "a column has another type"}


def meant(error: psycopg.Error, what: str) -> StreamsError:
    """Our error for one of psycopg. `what`: what was tried, for example "write junction.sleep"."""
    code = error.sqlstate or ""
    if code in _STOP:
        return Misconfigured(_STOP[code].format(what=what))
    if code in _WAIT:
        return Unavailable(f"PostgreSQL cannot {what} now: {_WAIT[code]}")
    if not code or code[:2] in ("08", "53", "57"):
        return Unavailable(f"PostgreSQL does not answer ({type(error).__name__})")
    if code in _WORDS:
        return Misconfigured(
            f"cannot {what}: {_WORDS[code]}, so the table was changed by hand; `junction-streams sink postgres --plan` "
            "prints what differs"
        )
    return Misconfigured(f"PostgreSQL refuses to {what} ({type(error).__name__}, SQLSTATE {code})")


# A login that fails has no SQLSTATE in libpq, and words in the server's language: of another language it is waited for.
_NOT_CONNECTED = {
    "password authentication failed": _STOP["28P01"],
    "no pg_hba.conf entry": _STOP["28000"],
    "role ": _STOP["28000"],
    "database ": _STOP["3D000"],
}


def not_connected(error: psycopg.Error) -> StreamsError:
    """Our error for a connection that was refused."""
    said = str(error)
    for words, sentence in _NOT_CONNECTED.items():
        if f"FATAL:  {words}" in said and ("failed" in said or "no pg_hba" in said or "does not exist" in said):
            return Misconfigured(sentence)
    return Unavailable("PostgreSQL does not answer")


_OF_A_VALUE = {
    "22003": "a number is out of range",
    "22008": "a time is out of range",
    "22021": "a text holds a character that PostgreSQL cannot hold (NUL)",
    "22P05": "a text holds a character that PostgreSQL cannot hold (NUL)",
    "54000": "what names the row is too long for an index",
}


def of_a_value(error: psycopg.Error) -> Unfit | None:
    """The error of a record, where a value was at fault and not the table; None for all others. Without the value."""
    code = error.sqlstate or ""
    if code in _OF_A_VALUE or code[:2] == "22":
        return Unfit(_OF_A_VALUE.get(code, f"PostgreSQL cannot hold a value ({type(error).__name__})"))
    return None
