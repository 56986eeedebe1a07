"""The endpoints that are configured: who may post to which, with which secrets, and what is counted of each.

They may change while the gateway runs: `reload` takes the new ones as a whole, or none of them. A request keeps the
endpoint that it began with.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from prometheus_client import Histogram

from connectors.webhook import secret_files
from connectors.webhook.secret_use import SecretRow, SecretUse
from streams.events.signature import Keyring
from streams.ops import log, metrics
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

_NAME_CHARS_MAX = 64
# RFC 3986's unreserved characters: they need no escape. Clients take segments of one or two dots out of a path (5.2.4).
_NAME = re.compile(rf"(?!\.{{1,2}}\Z)[A-Za-z0-9._~-]{{1,{_NAME_CHARS_MAX}}}")


class Endpoint:
    """One configured endpoint with its secrets and its metrics, looked up once. `uses`: of each secret, by position."""

    def __init__(self, name: str, keyring: Keyring, uses: Iterable[SecretUse], outcomes: Iterable[str]) -> None:
        self.name = name
        self.keyring = keyring
        self.uses = tuple(uses)
        for outcome in outcomes:  # 0 from the start, as for the secrets: what never happened is known not to have
            metrics.REQUESTS.labels(name, outcome)
        self.seconds: Histogram = metrics.REQUEST_SECONDS.labels(name)
        self.body_bytes: Histogram = metrics.BODY_BYTES.labels(name)


class Endpoints:
    """All endpoints by name. `read`: the settings as they are now; `outcomes`: every way a request can end.

    Raises Misconfigured naming the endpoint, never a secret.
    """

    def __init__(self, read: Callable[[], Settings], outcomes: Iterable[str]) -> None:
        self._read = read
        self._outcomes = tuple(outcomes)
        self._endpoints: dict[str, Endpoint] = {}
        self._uses: dict[tuple[str, str], SecretUse] = {}
        self._logger = log.get("gateway")
        self.files: list[Path] = []  # that the settings name, also where they could not be read
        self.reload()

    def get(self, name: str) -> Endpoint | None:
        """The endpoint of that name as it is now, None for one that is not configured."""
        return self._endpoints.get(name)

    def rows(self) -> list[SecretRow]:
        """Each secret with what is known of its use in this process, newest first."""
        return [use.row() for endpoint in self._endpoints.values() for use in dict.fromkeys(endpoint.uses)]

    def reload(self) -> bool:
        """Read the endpoints again, and take them. Raises Misconfigured, changing nothing."""
        return self.take(self.read())

    def read(self) -> Settings:
        """The settings as they are now. Raises Misconfigured."""
        settings = self._read()
        self.files = secret_files.files(settings)
        return settings

    def take(self, settings: Settings) -> bool:
        """Use these endpoints from now on; each change is logged by fingerprints. Returns whether there was one.

        Raises Misconfigured, changing nothing. May block for as long as small files take.
        """
        keyrings = keyrings_of(settings)
        before = {name: endpoint.keyring.fingerprints for name, endpoint in self._endpoints.items()}
        after = {name: keyring.fingerprints for name, keyring in keyrings.items()}
        if before == after:
            return False
        self._take(keyrings)
        self._tell(before, after)
        return True

    def _take(self, keyrings: Mapping[str, Keyring]) -> None:
        gone = dict(self._uses)
        made = {}
        for name, keyring in keyrings.items():
            uses = [self._use(name, keyring, position) for position in range(len(keyring.fingerprints))]
            made[name] = Endpoint(name, keyring, uses, self._outcomes)
            for use in uses:
                gone.pop((name, use.fingerprint), None)
        self._endpoints = made  # in one step: a request sees the old ones or the new ones
        for key, use in gone.items():
            del self._uses[key]
            use.forget()

    def _use(self, name: str, keyring: Keyring, position: int) -> SecretUse:
        key = (name, keyring.fingerprints[position])
        if key not in self._uses:
            self._uses[key] = SecretUse(*key, keyring.version(position))
        use = self._uses[key]
        use.position = keyring.fingerprints.index(use.fingerprint)  # of one that stands twice the first verifies
        return use

    def _tell(self, before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> None:
        for name in sorted({**before, **after}):
            old, new = before.get(name, ()), after.get(name, ())
            if old != new:
                added, removed = [n for n in new if n not in old], [n for n in old if n not in new]
                self._logger.info("secrets", endpoint=name, newest_first=list(new), added=added, removed=removed)
        for trouble in _doubts(after, self.files):
            self._logger.warning("secrets_doubtful", why=trouble)


def keyrings_of(settings: Settings) -> dict[str, Keyring]:
    """The secrets of each endpoint. Raises Misconfigured naming the endpoint, never a secret."""
    if not settings.endpoints:
        raise Misconfigured(
            "no endpoint, so nobody could be let in: set STREAMS_ENDPOINTS, for example "
            """'{"junction": ["whsec_..."]}' with the signing secret from Junction's dashboard"""
        )
    return {name: _keyring(settings, name) for name in settings.endpoints}


def _keyring(settings: Settings, name: str) -> Keyring:
    try:
        if not _NAME.fullmatch(name):
            raise Misconfigured(
                f"no URL reaches this name: 1 to {_NAME_CHARS_MAX} letters of ASCII, digits and . _ ~ - are one"
            )
        secrets = secret_files.secrets_of(settings, name)
        if not secrets:
            raise Misconfigured("it has no secret, so nobody could be let in")
        return Keyring.parse(secrets)
    except Misconfigured as error:
        raise Misconfigured(f"STREAMS_ENDPOINTS, endpoint {name[:_NAME_CHARS_MAX]!r}: {error}") from None


def _doubts(fingerprints: Mapping[str, tuple[str, ...]], files: Iterable[Path]) -> Iterable[str]:
    """What works, and is hardly meant."""
    owners: dict[str, list[str]] = {}
    for name, ones in fingerprints.items():
        if len(set(ones)) < len(ones):
            yield f"endpoint {name} has a secret twice; the second has no effect"
        for one in set(ones):
            owners.setdefault(one, []).append(name)
    for one, names in owners.items():
        if len(names) > 1:
            yield f"secret {one} is one of {' and '.join(names)}: what is signed for one is accepted at the other"
    for path in files:
        if secret_files.is_world_readable(path):
            yield f"every user of this host can read {path}: chmod o-r"
