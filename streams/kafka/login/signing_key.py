"""The private key that signs an assertion, from a PEM file."""

from typing import NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

_KINDS: tuple[tuple[type[RSAKey] | type[ECKey], dict[str, str]], ...] = (
    (RSAKey, {"": "RS256"}),
    (ECKey, {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}),
)


class SigningKey(NamedTuple):
    """`header`: of a JWT that it signs."""

    key: RSAKey | ECKey
    header: dict[str, str]


def signing_key(settings: Settings) -> SigningKey:
    """Read now: the file may have changed. Raises Misconfigured."""
    if settings.oauth_key_file is None:
        raise Misconfigured("STREAMS_OAUTH_KEY_FILE is not set: a PEM file with the private key that signs")
    password = settings.oauth_key_password.get_secret_value() or None
    try:
        data = settings.oauth_key_file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"the file of STREAMS_OAUTH_KEY_FILE cannot be read: {error.strerror}") from None
    for kind, algorithms in _KINDS:
        try:
            key = kind.import_key(data, None, password)
        except (ValueError, TypeError, JoseError):  # another kind, or a password that is missing or wrong
            continue
        algorithm = algorithms.get(str(getattr(key, "curve_name", "")))
        if key.is_private and algorithm:
            named = {"kid": settings.oauth_key_id} if settings.oauth_key_id else {}
            return SigningKey(key, {"alg": algorithm} | named)
    raise Misconfigured(
        "the file of STREAMS_OAUTH_KEY_FILE is no private RSA or EC key as PEM, or STREAMS_OAUTH_KEY_PASSWORD is not "
        "its password"
    )
