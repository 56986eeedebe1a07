"""Webhook signatures of Svix and Standard Webhooks: who signed this body, and when. Pure: the time is an argument.

Hostile input has one outcome: `verify` returns or raises SignatureError. That is why the HMAC is the standard
library's and not `standardwebhooks.Webhook.verify`: that one reads the clock itself, refuses bodies that are not
UTF-8, and raises ValueError or binascii.Error for a malformed header. The tests hold the two against each other.

Signed text: `id "." timestamp "." body`, with the received bytes (domain file, 7.3). Signatures: a space-separated list
of `v1,<base64 HMAC-SHA256>` and `v1a,<base64 Ed25519>`; other versions are skipped.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.ops.errors import Misconfigured, SignatureError

_SYMMETRIC, _PUBLIC, _PRIVATE = "whsec_", "whpk_", "whsk_"
_NAMES = ("id", "timestamp", "signature")
_SETS = ("svix-", "webhook-")  # white-label senders use the second (7.3)
_WANTED = {prefix + name: name for prefix in _SETS for name in _NAMES}

# No full stop in the id: it separates the signed parts, and an id with one could borrow the start of another body.
_ID = re.compile(r"[!-\-/-~]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURES_MAX = 16  # Svix keeps at most 10 old secrets (7.3)
# An Ed25519 check hashes the whole body, for each key: it costs us more than it costs a stranger to ask for it.
_PUBLICS_MAX = 4
_ED25519_BYTES = 64
_SPKI_HEAD = bytes.fromhex(
    "302a300506032b6570032100"
)  # SubjectPublicKeyInfo of Ed25519, before its 32 bytes (RFC 8410)
_SIGNATURE_CHARS_MAX = 4096
_KEY_BYTES_MIN, _KEY_BYTES_MAX = 24, 64  # Standard Webhooks, "Signature scheme"
_PUBLIC_BYTES = 32
_FINGERPRINT_CHARS = 8
_COPY_AGAIN = "copy it again from the dashboard of Junction (whsec_ and base64; whpk_ and base64 for a public key)"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The live secrets of one endpoint, newest first, parsed once. Does not print them.

    `fingerprints`: of each secret, by position; eight hex digits that a person can compare, and log.
    """

    hmacs: tuple[tuple[int, hmac.HMAC], ...] = field(repr=False)
    publics: tuple[tuple[int, Ed25519PublicKey], ...] = field(repr=False)
    fingerprints: tuple[str, ...] = field(repr=False)

    @classmethod
    def parse(cls, secrets: Sequence[str], *, any_length: bool = False) -> "Keyring":
        """`whsec_<base64>` (or bare base64) and `whpk_<base64>`. Raises Misconfigured naming the position, 0-based.

        A public key is 32 raw bytes, or DER SubjectPublicKeyInfo around them, as Java's libraries write it. Other
        secrets have 24 to 64 bytes (Standard Webhooks); `any_length` takes those of another time as well.
        """
        keys = [_key(position, secret, any_length=any_length) for position, secret in enumerate(secrets)]
        is_public = [secret.startswith(_PUBLIC) for secret in secrets]
        return cls(
            tuple((n, hmac.new(key, digestmod=hashlib.sha256)) for n, key in enumerate(keys) if not is_public[n]),
            tuple((n, Ed25519PublicKey.from_public_bytes(key)) for n, key in enumerate(keys) if is_public[n]),
            tuple(map(_fingerprint, keys)),
        )

    def version(self, position: int) -> str:
        """Of the signatures that the secret verifies: `v1`, or `v1a` of a public key."""
        return "v1a" if any(position == n for n, _ in self.publics) else "v1"


def _key(position: int, secret: str, *, any_length: bool) -> bytes:
    """The bytes of one secret. Raises Misconfigured with the reason, never with the text."""
    try:
        key = _public_key(secret) if secret.startswith(_PUBLIC) else _hmac_key(secret)
    except ValueError:
        why = _COPY_AGAIN
    else:
        why = _wrong_public(key) if secret.startswith(_PUBLIC) else "" if any_length else _wrong_length(key)
        if not any_length and not why and _has_rest(secret, key):
            why = "its end is none that base64 has: was a character lost while copying?"
    if why:
        raise Misconfigured(f"secret {position} is not a webhook secret: {why}")
    return key


def _wrong_public(key: bytes) -> str:
    """Why these bytes cannot be a public key, "" where they can."""
    return "" if len(key) == _PUBLIC_BYTES else f"{len(key)} bytes; a public key has {_PUBLIC_BYTES}: copy it again"


def _wrong_length(key: bytes) -> str:
    """Why so many bytes cannot be the key of an HMAC, "" where they can."""
    if _KEY_BYTES_MIN <= len(key) <= _KEY_BYTES_MAX:
        return ""
    is_short = len(key) < _KEY_BYTES_MIN
    what = "was a character lost while copying?" if is_short else "was more than the secret copied?"
    bytes_ = f"{len(key)} byte{'s' * (len(key) != 1)}"
    return f"{bytes_}; Standard Webhooks says {_KEY_BYTES_MIN} to {_KEY_BYTES_MAX}: {what}"


def _fingerprint(key: bytes) -> str:
    # A key is 24 random bytes at least: nobody finds it by trying which one has this fingerprint.
    return hashlib.sha256(key).hexdigest()[:_FINGERPRINT_CHARS]


def _hmac_key(secret: str) -> bytes:
    if secret.startswith(_PRIVATE):
        raise ValueError("a private signing key belongs to the sender")
    key = _unpadded(secret.removeprefix(_SYMMETRIC))
    if not key:
        raise ValueError("empty")
    return key


def _public_key(secret: str) -> bytes:
    key = _unpadded(secret.removeprefix(_PUBLIC))
    is_wrapped = len(key) == len(_SPKI_HEAD) + _PUBLIC_BYTES and key.startswith(_SPKI_HEAD)
    return key[len(_SPKI_HEAD) :] if is_wrapped else key


def _unpadded(text: str) -> bytes:
    """Base64 whose padding may be missing, as the vendor's libraries accept it. Raises ValueError."""
    return binascii.a2b_base64(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), strict_mode=True)


def _has_rest(text: str, key: bytes) -> bool:
    """Whether base64 has bits left over behind the last byte. No encoder writes them: a character is missing."""
    whole = binascii.b2a_base64(key, newline=False).decode().rstrip("=")
    return text.rstrip("=")[-1:] != whole[-1:]


class Claim(NamedTuple):
    """The signature headers of a request: well-formed and in time, but not yet verified."""

    id: str
    timestamp_s: int
    timestamp: str
    signature: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The three headers as received, under the names of Svix whichever set came in."""
        return (("svix-id", self.id), ("svix-timestamp", self.timestamp), ("svix-signature", self.signature))


class Verified(NamedTuple):
    """A verified delivery. `secret_position`: which secret of the keyring matched, 0 the newest."""

    id: str
    timestamp_s: int
    secret_position: int
    headers: tuple[tuple[str, str], ...]


def verify(keyring: Keyring, headers: Mapping[str, str], body: bytes, *, now_s: float, tolerance_s: int) -> Verified:
    """Prove that a holder of one of the secrets signed this body within `tolerance_s` of `now_s`.

    Raises SignatureError, and nothing else, for any headers and any body.
    """
    return prove(keyring, read_claim(headers.items(), now_s=now_s, tolerance_s=tolerance_s), body)


def read_claim(headers: Iterable[tuple[str, str]], *, now_s: float, tolerance_s: int) -> Claim:
    """The signature headers, checked as far as possible without the body. Raises SignatureError.

    Takes pairs, not a mapping, because a header that comes twice must be seen to be refused.
    """
    found = _collect(headers)
    for prefix in _SETS:
        id, timestamp, signature = (found.get(prefix + name, "") for name in _NAMES)
        if id and timestamp and signature:
            return _claim(id, timestamp, signature, now_s, tolerance_s)
    raise SignatureError("signature headers missing")


def _collect(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered in _WANTED:
            if lowered in found:
                raise SignatureError("a signature header came twice")
            found[lowered] = value
    return found


def _claim(id: str, timestamp: str, signature: str, now_s: float, tolerance_s: int) -> Claim:
    if not _ID.fullmatch(id):
        raise SignatureError("malformed id header")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureError("malformed timestamp header")
    if abs(now_s - int(timestamp)) > tolerance_s:
        raise SignatureError("timestamp outside the tolerance: a replay, or a clock that is wrong")
    if len(signature) > _SIGNATURE_CHARS_MAX or not signature.isascii():
        raise SignatureError("malformed signature header")
    return Claim(id, int(timestamp), timestamp, signature)


def prove(keyring: Keyring, claim: Claim, body: bytes) -> Verified:
    """Verify a claim against the body, newest secret first. Raises SignatureError."""
    entries = claim.signature.split(" ")
    if len(entries) > _SIGNATURES_MAX:
        raise SignatureError("too many signatures")
    signed_head = f"{claim.id}.{claim.timestamp}.".encode()
    position = _hmac_position(keyring, entries, signed_head, body)
    if position is None:
        position = _public_position(keyring, entries, signed_head, body)
    if position is None:
        raise SignatureError("no signature matches a secret of this endpoint")
    return Verified(claim.id, claim.timestamp_s, position, claim.headers)


def _hmac_position(keyring: Keyring, entries: list[str], signed_head: bytes, body: bytes) -> int | None:
    offered = [entry[3:] for entry in entries if entry.startswith("v1,")]
    for position, keyed in keyring.hmacs if offered else ():
        mac = keyed.copy()
        mac.update(signed_head)
        mac.update(body)
        expected = binascii.b2a_base64(mac.digest(), newline=False).decode()
        # As text: only the one canonical base64 of the digest passes.
        if any(hmac.compare_digest(expected, text) for text in offered):
            return position
    return None


def _public_position(keyring: Keyring, entries: list[str], signed_head: bytes, body: bytes) -> int | None:
    """Only the first four signatures that differ and can be one are tried."""
    if not keyring.publics:
        return None
    decoded = (_ed25519(entry[4:]) for entry in entries if entry.startswith("v1a,"))
    offered = list(dict.fromkeys(one for one in decoded if len(one) == _ED25519_BYTES))[:_PUBLICS_MAX]
    signed = signed_head + body if offered else b""
    for position, key in keyring.publics:
        for signature in offered:
            try:
                key.verify(signature, signed)
            except InvalidSignature:
                continue
            return position
    return None


def _ed25519(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one
        return b""


def sign(secret: str, id: str, timestamp_s: int, body: bytes) -> str:
    """The `v1` signature header of a sender who holds this `whsec_` secret."""
    digest = hmac.digest(_hmac_key(secret), f"{id}.{timestamp_s}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
