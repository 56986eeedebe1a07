"""Which tokens a process has: one for all clients with the same settings."""

import threading
from collections.abc import Hashable

from streams.kafka.login.tokens import Token, Tokens
from streams.ops.settings import MSK_IAM, Settings

_BY_TOKEN = {"OAUTHBEARER", MSK_IAM}
_kept: dict[Hashable, Tokens] = {}
_lock = threading.Lock()


def tokens_of(settings: Settings) -> Tokens | None:
    """For Kafka; None where it is not logged in with tokens."""
    if not settings.security_protocol.startswith("SASL") or settings.sasl_mechanism not in _BY_TOKEN:
        return None
    return _of(settings, settings.oauth_scope, is_msk=settings.sasl_mechanism == MSK_IAM)


def registry_tokens_of(settings: Settings) -> Tokens | None:
    """For the registry; None where it is not logged in with tokens that end."""
    return _of(settings, settings.registry_oauth_scope or settings.oauth_scope) if settings.registry_oauth else None


def _of(settings: Settings, scope: str, *, is_msk: bool = False) -> Tokens:
    names = [name for name in type(settings).model_fields if name.startswith("oauth_") and name != "oauth_extensions"]
    key = (is_msk, scope, settings.bootstrap_servers if is_msk else "", *(getattr(settings, name) for name in names))
    with _lock:
        if key not in _kept:
            _kept[key] = Tokens(lambda: _fetched(settings, scope, is_msk=is_msk))
        return _kept[key]


def _fetched(settings: Settings, scope: str, *, is_msk: bool) -> Token:
    if is_msk:
        from streams.kafka.login import msk

        return msk.ask(settings)
    from streams.kafka.login import oauth  # 0.1 s of imports, for those who need it

    return oauth.ask(settings, scope)
