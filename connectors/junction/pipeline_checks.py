"""What Junction cannot use, or must not be given, before anything is sent. Pure.

Every sentence names the field and what to do; none has a value of it.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr

from connectors.junction.etl_pipelines import EtlPipeline, ExchangeTarget, HubMatcher, HubTarget, TopicTarget
from streams.ops import addresses
from streams.ops.errors import Misconfigured

_ROOT_KEY = "rootmanagesharedaccesskey"  # the policy that each namespace is made with; it may do everything


def check(pipeline: EtlPipeline, *, insecure: bool = False) -> None:
    """Raises Misconfigured. `insecure`: a broker of our own without TLS is right, as beside the fake Junction."""
    check_teams(pipeline.team_ids)
    if not all(one.isascii() and one.isprintable() and one.strip() for one in pipeline.prefixes):
        raise Misconfigured(
            "--prefix is empty, or no beginning of an event type as `daily.data.`: leave it out for all"
        )
    match pipeline.target:
        case ExchangeTarget():
            _check_exchange(pipeline.target, insecure=insecure)
        case TopicTarget():
            _check_topic(pipeline.target)
        case HubTarget():
            _check_hub(pipeline.target)


def check_teams(team_ids: Sequence[str]) -> None:
    """Raises Misconfigured for none, and for what is no id."""
    if not team_ids:
        raise Misconfigured("no team: give --team, or set STREAMS_JUNCTION_TEAM_ID")
    if not all(map(_is_uuid, team_ids)):
        raise Misconfigured("a team is no UUID: copy its id from Junction's dashboard")


def _check_exchange(target: ExchangeTarget, *, insecure: bool) -> None:
    """Junction logs in by password alone, over TLS, from addresses of its own (domain file, 8)."""
    text = _plain(target.uri, "the broker's URI")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Misconfigured("the broker's URI is none: amqps://user:password@host/vhost is expected") from None
    if parts.scheme not in ("amqps", "amqp") or not host or parts.netloc.count("@") != 1 or "@" in parts.path:
        raise Misconfigured(
            "the broker's URI is none: amqps://user:password@host/vhost is expected, with / @ : # ? of a password "
            "percent-encoded"
        )
    if not parts.username or not parts.password:
        raise Misconfigured("the broker's URI has no user or no password: Junction logs in with both")
    if parts.scheme != "amqps" and not insecure:
        raise Misconfigured("the broker's URI is amqp://, so people's data would travel in the clear: use amqps://")
    if addresses.is_own(host) and not insecure:
        raise Misconfigured(
            "the broker's URI has a host of your own network: Junction connects from outside, so give the public name"
        )
    if not target.exchange:
        raise Misconfigured("no exchange: name the topic exchange that Junction publishes to")


def _check_topic(target: TopicTarget) -> None:
    if not target.project or not target.topic or "/" in target.project + target.topic:
        raise Misconfigured("project and topic are names without `/`: of projects/P/topics/T, P and T")


def _check_hub(target: HubTarget) -> None:
    """A namespace's connection string with a signature, and without a hub (domain file, 8)."""
    text = _plain(target.connection_string, "the connection string")
    parts = {name.lower(): value for name, _, value in (part.partition("=") for part in text.split(";") if part)}
    has_key = parts.get("sharedaccesskeyname") and parts.get("sharedaccesskey")
    if not parts.get("endpoint") or not (has_key or parts.get("sharedaccesssignature")):
        raise Misconfigured(
            "the connection string is none: Endpoint=sb://...;SharedAccessKeyName=...;SharedAccessKey=... is expected"
        )
    if "entitypath" in parts:
        raise Misconfigured("the connection string names an event hub (EntityPath): Junction wants the namespace's")
    if parts.get("sharedaccesskeyname", "").lower() == _ROOT_KEY:
        raise Misconfigured(
            "the connection string is that of RootManageSharedAccessKey, which may do everything: make a policy of the "
            "namespace with Send alone, and give its connection string"
        )
    if not target.hub:
        raise Misconfigured("no event hub: name the one for events that no matcher fits")
    for one in target.matchers:
        _check_matcher(one)


def _check_matcher(one: HubMatcher) -> None:
    """One of each pair, says the schema `EventDestinationEventHubMatcher`."""
    if bool(one.prefix) == bool(one.regex) or bool(one.hub) == (one.blobs is not None):
        raise Misconfigured("a matcher has either a prefix or a regular expression, and either an event hub or blobs")
    if one.blobs and _plain(one.blobs.connection_string, "a matcher's connection string") and not one.blobs.name:
        raise Misconfigured("a matcher's blobs have no container")


def _plain(secret: SecretStr, name: str) -> str:
    """The text. Raises Misconfigured for one that is empty, or of more than a line: another file was named."""
    text = secret.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise Misconfigured(f"{name} is empty, has spaces, or characters that are not ASCII: is it the right file?")
    return text


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
