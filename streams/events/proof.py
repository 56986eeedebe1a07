"""Whether a stored record is what a sender signed, from its own bytes: body, headers, and secrets of then or now. Pure.

The signature of a delivery is stored with it (`intake`), so this can be asked for as long as the record is kept, and of
a dead letter, too. The time of signing is compared with the time of receipt, not with now.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from streams.events.headers import H_DOOR, H_ID, H_LEFT_OUT, H_RECEIVED, H_SOURCE, Headers, header
from streams.events.signature import Claim, Keyring, prove, read_claim
from streams.events.times import SECOND_US, micros
from streams.ops.errors import SignatureError

SIGNING_DOOR = "webhook"
_BODY_S = 15  # the body may take so long; the time of receipt is read behind it
_NO_TOLERANCE_S = 10**13  # beyond every time that a signature can have


class ProofVerdict(StrEnum):
    """What can be said of one record. Only `verified` is proof; `other_door` is what nobody signs: fetched pages."""

    VERIFIED = "verified"
    NO_MATCH = "no_match"
    HEADERS = "headers"
    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    LEFT_OUT = "left_out"
    OTHER_DOOR = "other_door"


class KnownSecrets(NamedTuple):
    """Secrets, newest first, with the name of the endpoint that has them, or of the file."""

    owner: str
    keyring: Keyring


class Proof(NamedTuple):
    """What is proved of a record, and by what. `why`: in words, where it is not verified.

    `endpoint`, `delivery_id`: as the record says. `signed_at_s`: Unix seconds, 0 where there is no signature. `owner`,
    `fingerprint`, `position`: of the secret that signed it; "" and -1 where none of those given did.
    """

    verdict: ProofVerdict
    why: str
    endpoint: str
    delivery_id: str
    signed_at_s: int = 0
    owner: str = ""
    fingerprint: str = ""
    position: int = -1

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.verdict in (ProofVerdict.VERIFIED, ProofVerdict.OTHER_DOOR)


def prove_record(known: Sequence[KnownSecrets], headers: Headers, body: bytes, *, tolerance_s: int) -> Proof:
    """Look for the secret that signed a record, its own endpoint's first. Never raises.

    `tolerance_s`: how far time of signing and time of receipt may be apart.
    """
    endpoint, id, door = _endpoint(headers), header(headers, H_ID), header(headers, H_DOOR)
    signed = [(name, (value or b"").decode("latin-1")) for name, value in headers if name.startswith("svix-")]
    if not signed and door not in ("", SIGNING_DOOR):
        return Proof(ProofVerdict.OTHER_DOOR, f"it came by the door {door}, where nothing is signed", endpoint, id)
    if not signed:
        return Proof(ProofVerdict.UNSIGNED, "it came as a webhook and has no signature", endpoint, id)
    try:
        claim = read_claim(signed, now_s=0, tolerance_s=_NO_TOLERANCE_S)
    except SignatureError as error:
        return Proof(ProofVerdict.MALFORMED, str(error), endpoint, id)
    about = (endpoint, id, claim.timestamp_s)
    if header(headers, H_LEFT_OUT):
        return Proof(ProofVerdict.LEFT_OUT, "its body was too large for a letter and is in its raw topic", *about)
    matched = _matched(sorted(known, key=lambda one: one.owner != endpoint), claim, body)
    if not matched:
        why = "none of the secrets given signed these bytes: its secret is gone, or the record was changed or made up"
        return Proof(ProofVerdict.NO_MATCH, why, *about)
    why = _changed(headers, claim, tolerance_s)
    return Proof(ProofVerdict.HEADERS if why else ProofVerdict.VERIFIED, why, *about, *matched)


def _endpoint(headers: Headers) -> str:
    return header(headers, H_SOURCE).rpartition("/")[2]


def _matched(known: Sequence[KnownSecrets], claim: Claim, body: bytes) -> tuple[str, str, int] | None:
    """(owner, fingerprint, position) of the secret that signed."""
    for owner, keyring in known:
        try:
            position = prove(keyring, claim, body).secret_position
        except SignatureError:
            continue
        return owner, keyring.fingerprints[position], position
    return None


def _changed(headers: Headers, claim: Claim, tolerance_s: int) -> str:
    """Which header beside a right signature cannot be what the gateway wrote; "" for none."""
    if header(headers, H_ID) != claim.id:
        return "the body is what was signed, and its ce_id is not the id that was signed"
    try:
        received_us, _ = micros(header(headers, H_RECEIVED))
    except ValueError:
        return "the body is what was signed, and its time of receipt is missing or cannot be read"
    apart_s = abs(received_us / SECOND_US - claim.timestamp_s)
    if apart_s > tolerance_s + _BODY_S:
        return f"the body is what was signed, but {apart_s:,.0f} s from its time of receipt"
    return ""
