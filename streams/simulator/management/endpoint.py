"""One webhook of the fake: its fields, its headers, and its secrets. Each attempt is signed with all that live."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.events import new_message_id, signature
from streams.simulator.management import rules
from streams.simulator.management.endpoint_log import EndpointLog

_SECRET_BYTES = 24


def new_id(prefix: str, time_s: float) -> str:
    """As Svix makes them: `ep_` and the like before a KSUID."""
    return prefix + new_message_id(int(time_s * 1000), secrets.token_bytes(15)).removeprefix("msg_")


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


class LimitReached(Exception):
    """As many old secrets are kept as may be."""


@dataclass(slots=True)
class OldSecret:
    """`ends_at_s`: Unix seconds."""

    key: str = field(repr=False)
    ends_at_s: float


@dataclass(slots=True)
class SvixEndpoint:
    """`secret` is the one of today; `old` those of before, the oldest first.

    `first_failure_s`: since when every message has been given up. `log`: what it was sent.
    """

    id: str
    url: str
    created_s: float
    secret: str = field(repr=False)
    description: str = ""
    rate_limit: int | None = None
    is_disabled: bool = False
    filter_types: tuple[str, ...] | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    old: list[OldSecret] = field(default_factory=list, repr=False)
    updated_s: float = 0.0
    first_failure_s: float | None = None
    log: EndpointLog = field(default_factory=EndpointLog, repr=False)

    def wants(self, event_type: str) -> bool:
        """Whether a message of this type made now is for it."""
        return not self.is_disabled and (self.filter_types is None or event_type in self.filter_types)

    def live_secrets(self, now_s: float) -> list[str]:
        """Today's first, then the old ones that still sign (7.3)."""
        return [self.secret, *(old.key for old in self.old if old.ends_at_s > now_s)]

    def signed(self, message_id: str, now_s: float, body: bytes) -> dict[str, str]:
        """The headers of an attempt: one signature for each live secret, and what the owner asked for."""
        timestamp_s = int(now_s)
        signatures = [signature.sign(secret, message_id, timestamp_s, body) for secret in self.live_secrets(now_s)]
        named = {"svix-id": message_id, "svix-timestamp": str(timestamp_s), "svix-signature": " ".join(signatures)}
        return {**self.headers, **named}

    def rotate(self, key: str | None, now_s: float, old_s: float, old_max: int) -> None:
        """Also with the same key, which then is today's and an old one. Raises Broken and LimitReached."""
        fresh = new_secret() if key is None else rules.whole_secret(key, "key")
        kept = [old for old in self.old if old.ends_at_s > now_s]
        if old_s > 0:
            kept.append(OldSecret(self.secret, now_s + old_s))
        if len(kept) > old_max:
            raise LimitReached(
                f"You can only rotate a key {old_max} times; please wait for old keys to expire. Your next key expires "
                f"at {min(old.ends_at_s for old in kept):.0f}."
            )
        self.secret, self.old = fresh, kept

    def put_headers(self, headers: Mapping[str, str]) -> None:
        """In the place of all before. Raises Broken."""
        rules.check_headers(headers)
        self.headers = dict(headers)

    def shown_headers(self) -> tuple[dict[str, str], list[str]]:
        """Those that may be read, and the names of those that may not."""
        hidden = sorted(name for name in self.headers if name.lower() in rules.SENSITIVE)
        return {name: value for name, value in self.headers.items() if name not in hidden}, hidden
