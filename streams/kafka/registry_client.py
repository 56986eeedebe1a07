"""The registry's client, and the one place where its errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2  # what confluent-kafka 2.16 speaks HTTP with: its errors reach us as they are
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from streams.kafka.login.registry import for_registry
from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable, UnknownSchema
from streams.ops.settings import Settings

ANSWER_S = 10
_NO_SCHEMA = 40403


@contextmanager
def opened(settings: Settings) -> Iterator[SchemaRegistryClient]:
    """A client until the block ends. Raises Misconfigured, Unavailable, UnknownSchema."""
    if not settings.registry_url:
        raise Misconfigured(
            "no schema registry: set STREAMS_REGISTRY_URL, or run `junction-streams up` and export the lines it prints"
        )
    try:
        # No retries in here: the caller decides how long to wait.
        with SchemaRegistryClient(for_registry(settings) | {"timeout": ANSWER_S, "max.retries": 0}) as client:
            yield client
    except httpx2.TransportError as error:
        raise _away(error, addresses.shown(settings.registry_url)) from None
    except OSError:
        raise Misconfigured(
            "the files of STREAMS_REGISTRY_CA_FILE, _CERT_FILE or _KEY_FILE cannot be read as PEM, or "
            "STREAMS_REGISTRY_KEY_PASSWORD is not the key's password"
        ) from None
    except SchemaRegistryError as error:
        raise _translated(error, addresses.shown(settings.registry_url)) from None
    except ValueError as error:  # an address that is none, or an answer that is not JSON
        raise Misconfigured(_not_a_registry(addresses.shown(settings.registry_url), type(error).__name__)) from None


def _away(error: httpx2.TransportError, url: str) -> Unavailable | Misconfigured:
    if "certificate verify failed" in str(error):
        return Misconfigured(
            f"the certificate of the schema registry at {url} is not one of the authority in STREAMS_REGISTRY_CA_FILE, "
            "is over, or has another name than STREAMS_REGISTRY_URL"
        )
    return Unavailable(f"the schema registry at {url} does not answer ({type(error).__name__})")


def _translated(error: SchemaRegistryError, url: str) -> Unavailable | Misconfigured:
    status = error.http_status_code
    if status >= 500 or status in (408, 429):
        return Unavailable(f"the schema registry at {url} is not well (HTTP {status})")
    if status in (401, 403):
        return Misconfigured(
            f"the schema registry at {url} refuses us (HTTP {status}): "
            "check STREAMS_REGISTRY_USER and STREAMS_REGISTRY_PASSWORD, STREAMS_REGISTRY_TOKEN, or its scope for OAuth"
        )
    if status in (413, 422):
        return Misconfigured(
            f"the schema registry at {url} does not take a schema of ours (HTTP {status}): it has to take Avro of "
            "20 kB, by itself and by the proxies before it"
        )
    if status == 409:
        return Misconfigured(
            f"the schema registry at {url} refuses a change (HTTP 409): `junction-streams schemas check` says how each "
            "subject stands"
        )
    if error.error_code == _NO_SCHEMA:
        return UnknownSchema(
            f"the schema registry at {url} has no such schema id: is it the registry that the writer used?"
        )
    return Misconfigured(_not_a_registry(url, f"HTTP {status}"))


def _not_a_registry(url: str, why: str) -> str:
    return (
        f"{url} does not answer like a schema registry ({why}): check STREAMS_REGISTRY_URL "
        "(Apicurio's ends in /apis/ccompat/v7)"
    )
