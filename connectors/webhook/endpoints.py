"""The endpoints that are configured: who may post to which, with which secrets, and what is counted of each."""

import re
from collections.abc import Callable, Iterable

from prometheus_client import Histogram

from streams.events.signature import Keyring
from streams.ops import metrics
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

_NAME_CHARS_MAX = 64
# RFC 3986's unreserved characters: they need no escape. Clients take segments of one or two dots out of a path (5.2.4).
_NAME = re.compile(rf"(?!\.{{1,2}}\Z)[A-Za-z0-9._~-]{{1,{_NAME_CHARS_MAX}}}")


class Endpoint:
    """One configured endpoint with its secrets and its metrics, looked up once."""

    def __init__(self, name: str, keyring: Keyring, outcomes: Iterable[str]) -> None:
        self.name = name
        self.keyring = keyring
        for outcome in outcomes:  # 0 from the start, as for the secrets: what never happened is known not to have
            metrics.REQUESTS.labels(name, outcome)
        for position, _ in enumerate(keyring.fingerprints):
            metrics.SECRET_USED.labels(name, str(position))
        self.seconds: Histogram = metrics.REQUEST_SECONDS.labels(name)
        self.body_bytes: Histogram = metrics.BODY_BYTES.labels(name)


class Endpoints:
    """All endpoints by name. `outcomes`: every way a request can end, for the metrics.

    Raises Misconfigured naming the endpoint, never a secret.
    """

    def __init__(self, read: Callable[[], Settings], outcomes: Iterable[str]) -> None:
        self._read = read
        self._outcomes = tuple(outcomes)
        self._endpoints: dict[str, Endpoint] = {}
        self.reload()

    def get(self, name: str) -> Endpoint | None:
        """The endpoint of that name as it is now, None for one that is not configured."""
        return self._endpoints.get(name)

    def reload(self) -> None:
        """Read the endpoints again; requests under way keep what they got. Raises Misconfigured, changing nothing."""
        keyrings = {name: _keyring(name, secrets) for name, secrets in _secrets(self._read()).items()}
        self._endpoints = {name: Endpoint(name, keyring, self._outcomes) for name, keyring in keyrings.items()}


def _secrets(settings: Settings) -> dict[str, list[str]]:
    return {name: [one.get_secret_value() for one in secrets] for name, secrets in settings.endpoints.items()}


def _keyring(name: str, secrets: list[str]) -> Keyring:
    try:
        _check(name, secrets)
        return Keyring.parse(secrets)
    except Misconfigured as error:
        raise Misconfigured(f"STREAMS_ENDPOINTS, endpoint {name[:_NAME_CHARS_MAX]!r}: {error}") from None


def _check(name: str, secrets: list[str]) -> None:
    if not _NAME.fullmatch(name):
        raise Misconfigured(
            f"no URL reaches this name: 1 to {_NAME_CHARS_MAX} letters of ASCII, digits and . _ ~ - are a path segment"
        )
    if not secrets:
        raise Misconfigured("it has no secret, so nobody could be let in")
