"""Every process with every login that does not work: its exit, its line, its seconds."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from tests import token_server
from tests.secured import PLAIN_PASSWORD, PLAIN_USER
from tests.tokens.stage import Stage, command, whole

PROCESSES = ("gateway", "worker", "fetcher", "notify", "sink postgres", "topics plan")
WITHIN_S = 15.0
WRONG = "a-password-that-is-wrong"
_PLAIN = {"STREAMS_SASL_MECHANISM": "PLAIN", "STREAMS_SASL_USERNAME": PLAIN_USER, "STREAMS_SASL_PASSWORD": WRONG}
_OTHERS = {  # what some processes want to have before they look at Kafka
    "STREAMS_JUNCTION_API_KEY": "sk_us_made_up",
    "STREAMS_POSTGRES_URL": "postgresql://nobody@127.0.0.1:1/none",
}


class Case(NamedTuple):
    """`environment`: on top of a login that works; `claims`: on top of those of a token that works."""

    name: str
    environment: dict[str, str]
    claims: dict[str, Any]
    exit: int
    words: str


CASES = (
    Case("wrong password", _PLAIN, {}, 2, "STREAMS_SASL_PASSWORD"),
    Case("wrong client secret", {"STREAMS_OAUTH_CLIENT_SECRET": WRONG}, {}, 2, "STREAMS_OAUTH_CLIENT_SECRET"),
    Case("token for somebody else", {}, {"aud": "another"}, 2, "STREAMS_OAUTH_SCOPE"),
    Case("token that has ended", {}, {"iat": 1_700_000_000, "exp": 1_700_000_060}, 2, "clocks"),
    Case("token server away", {"STREAMS_OAUTH_TOKEN_URL": "http://127.0.0.1:1/token"}, {}, 3, "token server"),
)


class Ended(NamedTuple):
    """How a process ended. `lines`: of stderr. `wrong`: what should not be so, "" where all is right."""

    process: str
    case: str
    exit: int
    seconds: float
    lines: list[str]
    wrong: str


def try_all(stage: Stage, processes: tuple[str, ...] = PROCESSES, cases: tuple[Case, ...] = CASES) -> Iterator[Ended]:
    """Two processes at a time: each waits more than it works."""
    for case in cases:
        stage.tokens.claims = case.claims
        with ThreadPoolExecutor(2) as pool:
            yield from pool.map(lambda name, case=case: _run(stage, name, case), processes)
        stage.tokens.claims = {}


def _run(stage: Stage, name: str, case: Case) -> Ended:
    environment = whole(stage.environment(name.partition(" ")[0]) | _OTHERS | case.environment)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:  # no `.env` there
        ended = subprocess.run(
            command(*name.split()), env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
    seconds, said = time.monotonic() - began_s, ended.stdout + ended.stderr
    lines = ended.stderr.splitlines()
    wrong = _wrong(case, ended.returncode, seconds, said, lines)
    return Ended(name, case.name, ended.returncode, seconds, lines, wrong)


def _wrong(case: Case, code: int, seconds: float, said: str, lines: list[str]) -> str:
    secrets = (WRONG, PLAIN_PASSWORD, token_server.SECRET)
    found = {
        f"exit {code}": code != case.exit,
        "too late": seconds > WITHIN_S,
        "not one line": len(lines) != 1,
        f"says nothing of {case.words}": case.words not in said,
        "a secret": any(secret in said for secret in secrets),
    }
    return ", ".join(what for what, is_so in found.items() if is_so)
