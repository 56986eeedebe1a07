"""webhooks.toml: which endpoints a team is to have at Junction. It holds no secret: those are named, and read here.

[team]
org = "0c5b3f4e-..."            # else STREAMS_JUNCTION_ORG_ID; likewise team and environment
[endpoint.junction]             # the name it has in STREAMS_ENDPOINTS
url = "https://ingest.example.org/webhooks/junction"
events = ["*", "!labtest.*"]    # or "everything"
headers = { "X-Env" = "prod", "Authorization" = { env = "INGEST_TOKEN" } }
"""

import fcntl
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from connectors.control import globs, header_rules, tag
from connectors.control.file_lines import FileLines
from connectors.junction.webhook_api import TeamPlace
from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.ops.file_problems import FileProblem, suggestion

DEFAULT = Path("webhooks.toml")
_BYTES_MAX = 1_000_000
_ENDPOINTS_MAX = 500
_URL_CHARS_MAX = 65_536
_OURS = "STREAMS_"  # settings of this product: its own secrets belong into no header
_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Everything:
    """All event types, those of tomorrow too: Junction's own filter of none."""


@dataclass(frozen=True, slots=True)
class WantedEndpoint:
    """`events`: patterns. `headers`: values are secret; `plain_headers`: those that stand in the file themselves.

    `gateways`: base URLs of the gateways behind `url`, each probed by itself.
    """

    name: str
    url: str
    events: Everything | tuple[str, ...] = Everything()
    rate_limit: int | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    secret_file: Path | None = None
    gateways: tuple[str, ...] = ()
    is_enabled: bool = True
    plain_headers: frozenset[str] = frozenset()

    @property
    def filter_types(self) -> tuple[str, ...] | None:
        """Exact event types, sorted; None is all."""
        return None if isinstance(self.events, Everything) else globs.expand(self.events)


@dataclass(frozen=True, slots=True)
class WebhooksFile:
    """What is wanted. `team`: what the file leaves out is empty, and the settings' (`TeamPlace.filled`)."""

    path: Path
    team: TeamPlace
    endpoints: Mapping[str, WantedEndpoint]

    def endpoint(self, name: str) -> WantedEndpoint:
        """Raises Misconfigured for a name that is not in the file."""
        if name not in self.endpoints:
            raise Misconfigured(f"{self.path} has no [endpoint.{name[:64]}]: {suggestion(name, self.endpoints)}")
        return self.endpoints[name]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class _Team(_Model):
    org: str = ""
    team: str = ""
    environment: Literal["production", "sandbox"] | None = None


class _FromEnvironment(_Model):
    env: str


class _EndpointTable(_Model):
    url: str
    events: Literal["everything"] | list[str] = "everything"
    rate_limit: Annotated[int, Field(ge=1, le=65_535)] | None = None  # a u16 of Svix's
    headers: dict[str, str | _FromEnvironment] = {}
    secret_file: str | None = None
    gateways: list[str] = []
    enabled: bool = True


class _Tree(_Model):
    team: _Team = _Team()
    endpoint: dict[str, _EndpointTable] = {}


_NAMES: Mapping[tuple[str, ...], frozenset[str]] = {
    (): frozenset(_Tree.model_fields),
    ("team",): frozenset(_Team.model_fields),
    ("endpoint",): frozenset(_EndpointTable.model_fields),
}


def read(path: Path) -> WebhooksFile:
    """What is wanted. Raises Misconfigured with every problem of the file, none of them with a secret."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"cannot read {path}: {error.strerror}. docs/webhooks.md shows how it looks; another one: --file"
        ) from None
    return parse(data, path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One `apply` or `recover` of a file at a time: two would make an endpoint each, or forget whose rate to put back.

    Raises Misconfigured while another runs on this machine; a killed one holds nothing.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise Misconfigured(f"another apply or recover of {path} is running: wait for its end") from None


def parse(data: bytes, path: Path = DEFAULT, environment: Mapping[str, str] = os.environ) -> WebhooksFile:
    """The same for the bytes of a file."""
    try:
        if len(data) > _BYTES_MAX:
            raise _refused(path, [FileProblem(1, f"larger than {_BYTES_MAX:,} bytes")])
        text = data.decode("utf-8-sig")
        tree = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _refused(path, [FileProblem(line, "not UTF-8", "save the file as UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        last = data.count(b"\n") + 1
        raise _refused(path, [FileProblem(int(found[1]) if found else last, "not TOML")]) from None
    except RecursionError:
        raise _refused(path, [FileProblem(1, "not TOML that anybody wrote: it is too deep")]) from None
    lines = FileLines(text)
    try:
        made = _Tree.model_validate(tree)
    except ValidationError as error:
        raise _refused(path, _shape_problems(error, lines)) from None
    if problems := [*_team_problems(made.team, lines), *_endpoint_problems(made, lines, environment)]:
        raise _refused(path, problems)
    place = TeamPlace(made.team.org, made.team.team, made.team.environment or "")
    endpoints = {name: _wanted(name, table, path, environment) for name, table in made.endpoint.items()}
    return WebhooksFile(path, place, endpoints)


def _refused(path: Path, problems: Any) -> Misconfigured:
    listed = sorted(problems)
    rest = f"; and {len(listed) - 20} more" if len(listed) > 20 else ""
    return Misconfigured(f"{path}: {'; '.join(map(str, listed[:20]))}{rest}")


def _shape_problems(error: ValidationError, lines: FileLines) -> Iterator[FileProblem]:
    for one in error.errors(include_input=False, include_url=False):
        path = tuple(str(part) for part in one["loc"])
        table = path[:2] if path[0] == "endpoint" else path[:1]
        key = next(iter(path[len(table) :]), "")
        line = lines.of(*table, *([key] if key else []))
        where = f"[{'.'.join(table)}] {key}".rstrip() if key else f"[{'.'.join(table)}]"
        if one["type"] == "extra_forbidden" and len(path) <= len(table) + 1:
            known = _NAMES[() if len(path) == 1 else path[:1]]
            name = path[-1]
            yield FileProblem(line, f"unknown: {name[:64]!r}", suggestion(name, known))
        elif one["type"] == "missing" and key:
            yield FileProblem(line, f"[{'.'.join(table)}] has no {key}", _HINTS.get(key, ""))
        else:
            yield FileProblem(line, f"{where}: not what it has to be", _HINTS.get(key or table[0], ""))


_HINTS: Mapping[str, str] = {
    "url": 'a text: url = "https://ingest.example.org/webhooks/junction"',
    "events": '"everything", or a list of patterns: ["*", "!labtest.*"]',
    "rate_limit": "a whole number from 1 to 65535, per second; left out: none",
    "headers": '{ "X-Env" = "prod", "Authorization" = { env = "INGEST_TOKEN" } }',
    "secret_file": 'a path: secret_file = "/run/secrets/junction"',
    "gateways": 'a list of base URLs: ["http://10.0.0.1:8080"]',
    "enabled": "true or false",
    "environment": '"production" or "sandbox"',
    "endpoint": 'a table for each endpoint: [endpoint.junction], and under it url = "https://..."',
    "team": "a table: [team], and under it org, team and environment",
}


def _team_problems(team: _Team, lines: FileLines) -> Iterator[FileProblem]:
    for key, value in (("org", team.org), ("team", team.team)):
        if value and not _is_uuid(value):
            yield FileProblem(lines.of("team", key), f"[team] {key} is no id", "a UUID, from Junction's dashboard")


def _is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False


def _endpoint_problems(made: _Tree, lines: FileLines, environment: Mapping[str, str]) -> Iterator[FileProblem]:
    urls: dict[str, str] = {}
    if len(made.endpoint) > _ENDPOINTS_MAX:
        yield FileProblem(1, f"more than {_ENDPOINTS_MAX} endpoints")
    for name, table in made.endpoint.items():
        if not re.fullmatch(tag.NAME, name):
            hint = "1 to 64 letters of ASCII, digits and . _ ~ -; as in STREAMS_ENDPOINTS"
            yield FileProblem(lines.of("endpoint", name), f"[endpoint.{name[:64]}] is no name of an endpoint", hint)
        for key, text, hint in _table_problems(table, environment):
            yield FileProblem(lines.of("endpoint", name, key), f"[endpoint.{name[:64]}] {key}: {text}", hint)
        if table.url in urls:
            hint = "each event would come twice"
            text = f"[endpoint.{name[:64]}] url: [endpoint.{urls[table.url][:64]}] has it, too"
            yield FileProblem(lines.of("endpoint", name, "url"), text, hint)
        urls.setdefault(table.url, name)


def _table_problems(table: _EndpointTable, environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(key, what is wrong, what to do)."""
    if why := url_problem(table.url):
        yield "url", *why
    for base in table.gateways:
        if not _is_base(base):
            yield "gateways", f"{addresses.shown(base)!r} is no base URL", 'as "http://10.0.0.1:8080", without a path'
    if not isinstance(table.events, str):
        yield from (("events", *one) for one in globs.problems(table.events))
    for name, value in table.headers.items():
        if isinstance(value, _FromEnvironment):
            yield from (("headers", *one) for one in _environment_problems(name, value.env, environment))
    yield from (("headers", *one) for one in header_rules.problems(_values(table, environment)))
    if table.secret_file is not None and not _is_path(table.secret_file):
        yield "secret_file", "no path", _HINTS["secret_file"]


def _is_path(text: str) -> bool:
    try:
        Path(text).expanduser()
    except RuntimeError:  # ~somebody who has no account here
        return False
    return bool(text) and "\0" not in text


def url_problem(url: str) -> tuple[str, str] | None:
    """Why Junction should not be told to send there, and what to do."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "no URL", _HINTS["url"]
    is_text = url.isascii() and url.isprintable() and " " not in url and len(url) <= _URL_CHARS_MAX
    if parts.scheme not in ("http", "https") or not host or not is_text:
        return "no URL", _HINTS["url"]
    if parts.scheme == "http" and not addresses.is_loopback(host):
        return "http:// would send health data in the clear", f"https://{parts.netloc.rpartition('@')[2]}..."
    if parts.username is not None or parts.password is not None:
        return "a login in a URL is seen by everybody who sees the URL", "an Authorization header, from { env = ... }"
    if parts.fragment:
        return "what stands behind # is never sent", "take it off"
    return None


def _is_base(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(host)
        and parts.path in ("", "/")
        and not (parts.query or parts.fragment or "@" in parts.netloc or not url.isprintable())
    )


def _environment_problems(header: str, name: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not _ENVIRONMENT.fullmatch(name):
        yield f"{header[:64]}: env is no name of a variable", 'a name alone: { env = "INGEST_TOKEN" }'
    elif name.upper().startswith(_OURS):
        yield f"{header[:64]}: {name[:64]} is a setting of this product", "its secrets belong into no header"
    elif not environment.get(name):
        yield f"{header[:64]}: the environment has no {name[:64]}", f"export {name[:64]} before this command"


def _values(table: _EndpointTable, environment: Mapping[str, str]) -> dict[str, str]:
    """What each header is to be; "" for a variable that is not there."""
    return {
        name: environment.get(value.env, "") if isinstance(value, _FromEnvironment) else value
        for name, value in table.headers.items()
    }


def _wanted(name: str, table: _EndpointTable, path: Path, environment: Mapping[str, str]) -> WantedEndpoint:
    headers = {header: SecretStr(value) for header, value in _values(table, environment).items()}
    return WantedEndpoint(
        name,
        table.url,
        Everything() if isinstance(table.events, str) else tuple(table.events),
        table.rate_limit,
        headers,
        None if table.secret_file is None else path.parent / Path(table.secret_file).expanduser(),
        tuple(base.rstrip("/") for base in table.gateways),
        table.enabled,
        frozenset(header for header, value in table.headers.items() if isinstance(value, str)),
    )
