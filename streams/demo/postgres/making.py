"""An empty server: one role, its password, a database."""

import secrets
import shutil
import subprocess
from pathlib import Path

from streams.demo.postgres.user import User, reachable
from streams.ops import private
from streams.ops.errors import Misconfigured

# Not `junction`: a schema of its role's name is on PostgreSQL's search path, and commands would work here alone.
ROLE = "streams"
DATABASE = "junction"
DATA = "postgres"  # the folder of its files
_PASSWORD_FILE = "postgres-password"  # noqa: S105  # because this is a name of a file
_SINGLE = "--single"  # PostgreSQL without connections: it does what standard input says, and ends


def made(programs: Path, folder: Path, user: User) -> Path:
    """Make the server's files in `folder`, unless they are there. Returns where the programs are for that user.

    Raises Misconfigured.
    """
    if user.uid is not None:
        folder.chmod(folder.stat().st_mode | 0o011)  # the other user passes through
    own = reachable(programs, user, folder)
    if not (folder / DATA).exists():
        building = folder / f"{DATA}.making"
        shutil.rmtree(building, ignore_errors=True)  # because mostly there is none
        user.own(building)
        user.write(folder / _PASSWORD_FILE, secrets.token_urlsafe(18))
        _fill(own / "bin", building, folder / _PASSWORD_FILE, user)
        building.rename(folder / DATA)
    return own


def password(folder: Path) -> str:
    """Of the role."""
    return (folder / _PASSWORD_FILE).read_text()


def _fill(programs: Path, data: Path, secret: Path, user: User) -> None:
    options: list[str | Path] = ["--username", ROLE, "--pwfile", secret, "--auth", "scram-sha-256"]
    options += ["--encoding", "UTF8", "--locale", "C"]
    _run([programs / "initdb", "-D", data, *options, "--no-sync"], user)
    _run([programs / "postgres", _SINGLE, "-D", data, "postgres"], user, f"CREATE DATABASE {DATABASE}\n")


def _run(command: list[str | Path], user: User, said: str = "") -> None:
    done = subprocess.run(
        command,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=private.environment() | {"LC_ALL": "C"},
        user=user.uid,
        group=user.gid,
        extra_groups=None if user.uid is None else [],
    )
    if done.returncode != 0:
        raise Misconfigured(f"PostgreSQL cannot be set up here; it says: {done.stderr.strip()[-300:]}")
