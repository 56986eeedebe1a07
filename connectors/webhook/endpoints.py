"""The endpoints that are configured: who may post to which, with which secrets, and what is counted of each."""

from collections.abc import Callable, Iterable

from prometheus_client import Histogram

from streams.events.signature import Keyring
from streams.ops import metrics
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings


class Endpoint:
    """One configured endpoint with its secrets and its metrics, looked up once."""

    def __init__(self, name: str, keyring: Keyring, outcomes: Iterable[str]) -> None:
        self.name = name
        self.keyring = keyring
        for outcome in outcomes:  # 0 from the start, as for the secrets: what never happened is known not to have
            metrics.REQUESTS.labels(name, outcome)
        for position in keyring.positions:
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
        return Keyring.parse(secrets)
    except Misconfigured as error:
        raise Misconfigured(f"STREAMS_ENDPOINTS, endpoint {name!r}: {error}") from None
