"""Proofs: what the gateway stored is proved by the secret that signed it, and what was changed since is not."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import Delivery, Headers, raw_record, rfc3339
from streams.events.intake import record_of
from streams.events.proof import KnownSecrets, Proof, ProofVerdict, prove_record
from streams.events.signature import Keyring, sign

SECRETS = ["whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in range(3)]
NOW_S = 1_780_000_000
BODY = b'{"event_type":"daily.data.sleep.created","user_id":"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77","data":{}}'
KNOWN = [KnownSecrets("labs", Keyring.parse(SECRETS[2:])), KnownSecrets("main", Keyring.parse(SECRETS[:2]))]


def stored(body: bytes = BODY, secret: str = SECRETS[1], endpoint: str = "main", delay_s: float = 0) -> Headers:
    """Headers of the record that the gateway makes of a delivery."""
    signature = sign(secret, "msg_1", NOW_S, body)
    signed = (("svix-id", "msg_1"), ("svix-timestamp", str(NOW_S)), ("svix-signature", signature))
    received_at = rfc3339(int((NOW_S + delay_s) * 1000))
    return record_of(body, Delivery("msg_1", "webhook", endpoint, received_at, received_at, signature=signed)).headers


def proof(headers: Headers, body: bytes = BODY, known: list[KnownSecrets] = KNOWN) -> Proof:
    return prove_record(known, headers, body, tolerance_s=300)


def changed(name: str, value: bytes | None) -> Headers:
    """A stored record with another header; None: without it."""
    others = [row for row in stored() if row[0] != name]
    return others if value is None else [*others, (name, value)]


def test_a_stored_event_is_proved() -> None:
    """The verdict names endpoint, secret, position, time of signing and delivery."""
    fingerprint = KNOWN[1].keyring.fingerprints[1]
    assert proof(stored()) == Proof(ProofVerdict.VERIFIED, "", "main", "msg_1", NOW_S, "main", fingerprint, 1)


def test_the_own_endpoint_comes_first() -> None:
    """Of two endpoints that have the secret it is the one by which the event came."""
    both = [KnownSecrets("other", Keyring.parse(SECRETS)), *KNOWN]
    assert (proof(stored(), known=both).owner, proof(stored(), known=both).position) == ("main", 1)
    assert proof(stored(endpoint="gone"), known=both).owner == "other"


@given(st.binary(max_size=100), st.data())
def test_one_changed_byte_is_seen(body: bytes, data: st.DataObject) -> None:
    """Whatever the body, a record with another byte in it is not proved; a dead letter is, as it was."""
    headers = stored(body)
    assert proof(headers, body).verdict is ProofVerdict.VERIFIED
    place = data.draw(st.integers(0, len(body)))
    other = body[:place] + bytes([data.draw(st.integers(0, 255))]) + body[place:]
    assert proof(headers, other).verdict is ProofVerdict.NO_MATCH


GONE = "none of the secrets given signed these bytes: its secret is gone, or the record was changed or made up"
NOT_ITS_ID = "the body is what was signed, and its ce_id is not the id that was signed"
NO_RECEIPT = "the body is what was signed, and its time of receipt is missing or cannot be read"


@pytest.mark.parametrize(
    ("name", "value", "verdict", "why"),
    [
        ("svix-id", b"msg_2", ProofVerdict.NO_MATCH, GONE),
        ("svix-timestamp", b"1780000001", ProofVerdict.NO_MATCH, GONE),
        ("svix-signature", b"v1,AAAA", ProofVerdict.NO_MATCH, GONE),
        ("svix-signature", b"\xff", ProofVerdict.MALFORMED, "malformed signature header"),
        ("svix-signature", None, ProofVerdict.MALFORMED, "signature headers missing"),
        ("svix-timestamp", b"soon", ProofVerdict.MALFORMED, "malformed timestamp header"),
        ("ce_id", b"msg_2", ProofVerdict.HEADERS, NOT_ITS_ID),
        ("ce_id", None, ProofVerdict.HEADERS, NOT_ITS_ID),
        (
            "ce_receivedtime",
            b"2026-05-29T00:00:00Z",
            ProofVerdict.HEADERS,
            "the body is what was signed, but 12,800 s from its time of receipt",
        ),
        ("ce_receivedtime", b"soon", ProofVerdict.HEADERS, NO_RECEIPT),
        ("ce_receivedtime", None, ProofVerdict.HEADERS, NO_RECEIPT),
        ("dead_leftout", b"1", ProofVerdict.LEFT_OUT, "its body was too large for a letter and is in its raw topic"),
        ("traceparent", None, ProofVerdict.VERIFIED, ""),
    ],
)
def test_a_header_that_was_changed(name: str, value: bytes | None, verdict: ProofVerdict, why: str) -> None:
    """What was signed, and what the gateway wrote beside it, cannot be changed unseen."""
    found = proof(changed(name, value))
    assert (found.verdict, found.why, found.endpoint) == (verdict, why, "main")
    assert found.delivery_id == ("msg_1" if name != "ce_id" else (value or b"").decode())
    assert found.is_good is (verdict is ProofVerdict.VERIFIED)


def test_a_header_without_a_value() -> None:
    """Kafka knows headers that are null: one of the signature is as if it were missing."""
    null: Any = [*changed("svix-signature", None), ("svix-signature", None)]
    assert (proof(null).verdict, proof(null).why) == (ProofVerdict.MALFORMED, "signature headers missing")


@pytest.mark.parametrize(("delay_s", "is_good"), [(-315, True), (315, True), (-316, False), (316, False)])
def test_receipt_and_signing(delay_s: float, is_good: bool) -> None:
    """An event was received within the tolerance, and the time that its body may take, of when it was signed."""
    assert proof(stored(delay_s=delay_s)).is_good is is_good


def test_what_nobody_signs() -> None:
    """A fetched page has no signature and needs none; a webhook without one is not proved."""
    fetched = raw_record(BODY, Delivery("bf_1.0", "api", "oura", "T0", "T1")).headers
    why = "it came by the door api, where nothing is signed"
    assert proof(fetched) == Proof(ProofVerdict.OTHER_DOOR, why, "oura", "bf_1.0")
    assert proof(fetched).is_good
    bare = [row for row in stored() if not row[0].startswith("svix-")]
    assert proof(bare) == Proof(ProofVerdict.UNSIGNED, "it came as a webhook and has no signature", "main", "msg_1")
    assert not proof(bare).is_good
    assert proof([]).verdict is ProofVerdict.UNSIGNED


def test_a_secret_that_is_gone() -> None:
    """Without the secret of then nothing is proved; with a file of retired ones it is."""
    assert proof(stored(), known=KNOWN[:1]).verdict is ProofVerdict.NO_MATCH
    retired = KnownSecrets("retired.txt", Keyring.parse(SECRETS))
    assert proof(stored(), known=[KNOWN[0], retired]).owner == "retired.txt"


names = st.sampled_from(["svix-id", "svix-timestamp", "svix-signature", "svix-", "ce_id", "ce_door", "ce_receivedtime"])
values: Any = st.binary(max_size=30) | st.none() | st.sampled_from([b"msg_1", str(NOW_S).encode(), b"webhook", b"v1,="])


@given(st.lists(st.tuples(names | st.text(), values)), st.binary(max_size=30))
def test_any_record_has_a_verdict(headers: Any, body: bytes) -> None:
    """Whatever was written into a topic: a verdict, and no proof without a secret."""
    assert proof(headers, body).verdict is not ProofVerdict.VERIFIED
