"""Signatures: every published case gets its verdict, and hostile input has one outcome."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st
from svix.webhooks import Webhook

from streams.events.signature import Keyring, Verified, read_claim, sign, verify
from streams.ops.errors import Misconfigured, SignatureError
from tests import samples

NOW_S = 1_790_000_000
TOLERANCE_S = 300
SECRETS = ["whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in range(3)]
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = "whpk_" + base64.b64encode(PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def cases() -> list[Any]:
    return [
        pytest.param(vector, prefix, id=f"{vector['name']} ({prefix})")
        for vector in (samples.signature_cases() if samples.HERE else [])
        for prefix in ("svix-", "webhook-")
        if vector["header_prefix"] in (prefix, "either")
    ]


def signed(body: bytes, secret: str = SECRETS[0], id: str = "msg_1", timestamp_s: int = NOW_S) -> dict[str, str]:
    return {
        "svix-id": id,
        "svix-timestamp": str(timestamp_s),
        "svix-signature": sign(secret, id, timestamp_s, body),
    }


def check(headers: dict[str, str], body: bytes, *secrets: str) -> Verified:
    return verify(Keyring.parse(secrets or SECRETS[:1]), headers, body, now_s=NOW_S, tolerance_s=TOLERANCE_S)


@pytest.mark.skipif(not samples.HERE, reason="because the published samples are not beside the repository")
@pytest.mark.parametrize(("vector", "prefix"), cases())
def test_published_case(vector: dict[str, Any], prefix: str) -> None:
    """Every case collected from public sources gets the verdict that its source states."""
    headers = {prefix + name: vector[name] for name in ("id", "timestamp", "signature") if vector[name] is not None}
    secrets = [vector["secret"]] if "secret" in vector else vector["public_keys"]
    # Svix' documentation signs with a secret of 18 bytes, which its own servers would not take.
    arguments = (Keyring.parse(secrets, any_length=True), headers, vector["body"].encode())
    if vector["expect"] == "valid":
        verified = verify(*arguments, now_s=vector["now"], tolerance_s=TOLERANCE_S)
        assert dict(verified.headers)["svix-signature"] == vector["signature"]
    else:
        with pytest.raises(SignatureError):
            verify(*arguments, now_s=vector["now"], tolerance_s=TOLERANCE_S)


@given(st.text(), st.binary(min_size=1, max_size=64), st.integers(0, 10**10))
def test_agrees_with_the_library_of_svix(text: str, key: bytes, timestamp_s: int) -> None:
    """Our signature of a UTF-8 body is byte for byte that of the vendor's library."""
    secret = "whsec_" + base64.b64encode(key).decode()
    expected = Webhook(secret).sign("msg_1", datetime.fromtimestamp(timestamp_s, UTC), text)
    assert sign(secret, "msg_1", timestamp_s, text.encode()) == expected


@given(st.binary())
def test_round_trip(body: bytes) -> None:
    """What `sign` signs `verify` accepts, whatever the bytes, and one changed byte is refused."""
    assert check(signed(body), body).id == "msg_1"
    with pytest.raises(SignatureError):
        check(signed(body), body + b" ")


_ours = st.sampled_from(["svix-", "webhook-", "Svix-", "X-"]).flatmap(
    lambda prefix: st.sampled_from(["id", "timestamp", "signature"]).map(lambda name: prefix + name)
)
_values = st.text() | st.sampled_from(
    ["msg_1", str(NOW_S), "v1,", "v1a,", "v1,é", "v1a,====", "v1 v1, ,v1", "9" * 5000]
)
_secrets = st.lists(st.text() | st.sampled_from([*SECRETS, PUBLIC, "whpk_", "whsec_", "whpk_AAAA"]), max_size=4)


@given(st.dictionaries(_ours | st.text(), _values), st.binary(), _secrets, st.floats())
@example({"svix-id": "msg_1", "svix-timestamp": str(NOW_S), "svix-signature": "v1a,AAAA"}, b"", [PUBLIC], NOW_S)
@example({"svix-id": "m", "svix-timestamp": "٣", "svix-signature": "v1,=" * 9}, b"\xff", [SECRETS[0]], NOW_S)
def test_hostile_input_has_one_outcome(headers: dict[str, str], body: bytes, secrets: list[str], now_s: float) -> None:
    """Whatever comes in, a keyring is Misconfigured or is one, and `verify` returns or raises SignatureError."""
    try:
        keyring = Keyring.parse(secrets)
    except Misconfigured:
        return
    with pytest.raises(SignatureError):
        verify(keyring, headers, body, now_s=now_s, tolerance_s=TOLERANCE_S)


@pytest.mark.parametrize("position", range(3))
def test_position_of_the_secret(position: int) -> None:
    """The position of the secret that matched is told, so that a rotation can be seen to end."""
    assert check(signed(b"x", SECRETS[position]), b"x", *SECRETS).secret_position == position


def test_rotation_with_both_signatures() -> None:
    """While a rotation lasts, a request carries a signature per secret; any one of them is enough."""
    headers = signed(b"x")
    headers["svix-signature"] = f"{sign(SECRETS[2], 'msg_1', NOW_S, b'x')} {headers['svix-signature']}"
    assert check(headers, b"x", SECRETS[1], SECRETS[0]).secret_position == 1


def test_public_and_symmetric_keys_share_a_list() -> None:
    """A v1a signature is proved with the `whpk_` key of the same list, on bytes that are not UTF-8."""
    body = b"\xff\x00"
    signature = base64.b64encode(PRIVATE.sign(f"msg_1.{NOW_S}.".encode() + body)).decode()
    headers = signed(body) | {"svix-signature": f"v2,abc v1a,{signature}"}
    assert check(headers, body, SECRETS[0], PUBLIC).secret_position == 1


def public(n: int, *, wrapped: bool = False) -> str:
    """A `whpk_` key: raw bytes, or SubjectPublicKeyInfo as the library writes it."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32).public_key()
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if wrapped else (Encoding.Raw, PublicFormat.Raw)
    return "whpk_" + base64.b64encode(key.public_bytes(*form)).decode()


def by_public(n: int, body: bytes = b"{}") -> str:
    signature = Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32).sign(f"msg_1.{NOW_S}.".encode() + body)
    return "v1a," + base64.b64encode(signature).decode()


def claimed(*entries: str) -> dict[str, str]:
    return {"svix-id": "msg_1", "svix-timestamp": str(NOW_S), "svix-signature": " ".join(entries)}


@given(st.integers(0, 255))
def test_public_key_in_both_forms(n: int) -> None:
    """The 32 bytes and the DER SubjectPublicKeyInfo of a public key are the same key."""
    for wrapped in (False, True):
        assert check(claimed(by_public(n)), b"{}", public(n, wrapped=wrapped)).secret_position == 0
        assert check(claimed(by_public(n)), b"{}", public(n, wrapped=wrapped).rstrip("=")).secret_position == 0
        with pytest.raises(SignatureError):
            check(claimed(by_public(n)), b"[]", public(n, wrapped=wrapped))


WRAPPING, X25519 = "302a300506032b6570032100", "302a300506032b656e032100"


@pytest.mark.parametrize(
    "key",
    [X25519, "302a300506032b6570032100" + "07" * 31, "302a300506032b6570032100" + "07" * 33, "07" * 31, "07" * 44],
)
def test_other_keys_are_refused(key: str) -> None:
    """A key of another kind, cut, or too long is refused at the start, in whatever wrapping."""
    with pytest.raises(Misconfigured, match="secret 0"):
        Keyring.parse(["whpk_" + base64.b64encode(bytes.fromhex(key)).decode()])


@given(st.integers(0, 15), st.sampled_from(["equal", "short", "junk"]))
def test_what_cannot_match_pushes_no_signature_out(place: int, kind: str) -> None:
    """Equal signatures count once, and what is none counts nothing: the right one is found behind them."""
    other = {"equal": by_public(9), "short": "v1a," + base64.b64encode(b"x" * 63).decode(), "junk": "v1a,*"}[kind]
    assert check(claimed(*[other] * place, by_public(1)), b"{}", public(1)).secret_position == 0


@pytest.mark.parametrize("place", range(6))
def test_four_public_signatures_are_tried(place: int) -> None:
    """Of signatures that differ the first four are looked at, so a stranger cannot ask for sixteen costly checks."""
    headers = claimed(*(by_public(n) for n in range(10, 10 + place)), by_public(1))
    if place < 4:
        assert check(headers, b"{}", public(1)).secret_position == 0
    else:
        with pytest.raises(SignatureError):
            check(headers, b"{}", public(1))


@given(st.data())
def test_an_ed25519_signature_has_one_spelling(data: st.DataObject) -> None:
    """Base64 with a stray sign, more padding, or none is no signature, though a lenient reader would find one in it."""
    right = by_public(1)
    place = data.draw(st.integers(4, len(right)))
    stray = data.draw(st.sampled_from(["=", "\t", "*", "-", "\n", "\x00"]))
    for wrong in (right[:place] + stray + right[place:], right.rstrip("="), right + "="):
        with pytest.raises(SignatureError):
            check(claimed(wrong), b"{}", public(1))


def test_header_names_in_any_case_and_both_sets() -> None:
    """Names are compared without case; when both sets are complete, Svix's own decides."""
    ours = {name.title(): value for name, value in signed(b"x").items()}
    other = {name.replace("svix", "webhook"): "no" for name in signed(b"x")}
    assert check(ours | other, b"x").headers == tuple(signed(b"x").items())


def test_sets_are_not_mixed() -> None:
    """Half of one set and half of the other is no signature."""
    headers = signed(b"x")
    headers["webhook-id"] = headers.pop("svix-id")
    with pytest.raises(SignatureError, match="missing"):
        check(headers, b"x")


def test_header_that_comes_twice() -> None:
    """Two values for one signature header are refused even when they are the same."""
    pairs = [*signed(b"x").items(), ("SVIX-ID", "msg_1")]
    with pytest.raises(SignatureError, match="twice"):
        read_claim(pairs, now_s=NOW_S, tolerance_s=TOLERANCE_S)


def test_id_cannot_borrow_from_the_body() -> None:
    """A full stop in the id is refused: the same signed bytes could be read as another id, time and body."""
    headers = signed(f"{NOW_S}.{{}}".encode(), id="msg_1") | {"svix-id": f"msg_1.{NOW_S}"}
    with pytest.raises(SignatureError, match="id header"):
        check(headers, b"{}")


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_*",
        SECRETS[0] + "*",
        SECRETS[0][:-4] + "\n" + SECRETS[0][-4:],
        "whpk_AAAA",
        "whsk_" + "A" * 88,
        "é",
    ],
)
def test_secret_that_is_none(secret: str) -> None:
    """A secret that cannot be one is refused at the start, by its position and not by its text."""
    with pytest.raises(Misconfigured, match="secret 1 is not") as caught:
        Keyring.parse([SECRETS[0], secret])
    assert len(secret) < 7 or secret not in str(caught.value)


@pytest.mark.parametrize(
    ("n_bytes", "why"),
    [
        (1, "was a character lost while copying"),
        (23, "was a character lost while copying"),
        (24, ""),
        (64, ""),
        (65, "was more than the secret copied"),
    ],
)
def test_length_of_a_secret(n_bytes: int, why: str) -> None:
    """24 to 64 bytes are a secret (Standard Webhooks); shorter and longer ones are refused with their length."""
    secret = "whsec_" + base64.b64encode(b"k" * n_bytes).decode()
    assert len(Keyring.parse([secret], any_length=True).fingerprints) == 1
    if not why:
        assert check(signed(b"x", secret), b"x", secret).secret_position == 0
        return
    with pytest.raises(
        Misconfigured, match=rf"secret 1 is not .*: {n_bytes} bytes?; Standard Webhooks says 24 to 64: {why}\?$"
    ):
        Keyring.parse([SECRETS[0], secret])


@given(st.binary(min_size=24, max_size=64), st.data())
def test_a_lost_character_is_seen(key: bytes, data: st.DataObject) -> None:
    """A secret of 24 bytes that lost a character never passes, and of others hardly one: what is left over tells."""
    text = base64.b64encode(key).decode().rstrip("=")
    place = data.draw(st.integers(0, len(text) - 1))
    cut = text[:place] + text[place + 1 :]
    try:
        Keyring.parse(["whsec_" + cut])
    except Misconfigured:
        return
    assert len(key) > 24
    assert base64.b64encode(base64.b64decode(cut + "=" * (-len(cut) % 4))).decode().rstrip("=") == cut


@given(st.sampled_from(["whsec_", "whpk_", ""]), st.binary(max_size=70) | st.sampled_from([b"k" * 24, b"k" * 32]))
def test_secrets_of_another_time(prefix: str, key: bytes) -> None:
    """Where any length is taken, a secret is one unless it is empty; a public key has 32 bytes at any time."""
    secret = prefix + base64.b64encode(key).decode()
    is_one = len(key) == 32 if prefix == "whpk_" else bool(key)
    if is_one:
        assert len(Keyring.parse([secret], any_length=True).fingerprints) == 1
    else:
        with pytest.raises(Misconfigured, match="secret 0 is not a webhook secret"):
            Keyring.parse([secret], any_length=True)


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "23 bytes; .*lost while copying"),
        ("whsec_AA==", "1 byte; .*lost while copying"),
        ("whsec_" + "A" * 41 + "B", r": its end is none that base64 has: was a character lost while copying\?$"),
        ("whsec_" + "A" * 41, "copy it again"),
        ("whpk_AAAA", "3 bytes; a public key has 32"),
    ],
)
def test_why_a_secret_is_none(secret: str, why: str) -> None:
    """The reason says what is wrong; of an old one only the length is let through."""
    with pytest.raises(Misconfigured, match=why):
        Keyring.parse([secret])


def test_fingerprints() -> None:
    """The first 8 hex digits of the SHA-256 of the key bytes; one for each position, whatever the spelling."""
    padded = "whsec_" + base64.b64encode(b"k" * 25).decode()
    keyring = Keyring.parse(
        [padded, padded.removeprefix("whsec_").rstrip("="), PUBLIC, public(2), public(2, wrapped=True)]
    )
    assert keyring.fingerprints[0] == hashlib.sha256(b"k" * 25).hexdigest()[:8] == keyring.fingerprints[1]
    raw = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert keyring.fingerprints[2] == hashlib.sha256(raw).hexdigest()[:8]
    assert keyring.fingerprints[3] == keyring.fingerprints[4]
    assert [keyring.version(n) for n in range(5)] == ["v1", "v1", "v1a", "v1a", "v1a"]


def test_keyring_does_not_print_secrets() -> None:
    """A keyring in a traceback shows nothing."""
    assert repr(Keyring.parse([*SECRETS, PUBLIC])) == "Keyring()"


@pytest.mark.parametrize(("age_s", "counts"), [(-300, True), (300, True), (-301, False), (301, False), (0, True)])
def test_the_edge_of_the_tolerance(age_s: int, counts: bool) -> None:
    """A message of exactly the tolerance is in time, on both sides; what is proved says when it was signed."""
    headers = signed(b"{}", timestamp_s=NOW_S - age_s)
    if counts:
        assert check(headers, b"{}").timestamp_s == NOW_S - age_s
    else:
        with pytest.raises(SignatureError):
            check(headers, b"{}")


@pytest.mark.parametrize(("chars", "is_read"), [(4096, True), (4097, False)])
def test_the_length_of_the_signature_header(chars: int, is_read: bool) -> None:
    """Up to 4096 characters are read, and a sign that is not ASCII is refused at any length."""
    headers = signed(b"{}")
    long = headers | {"svix-signature": headers["svix-signature"] + " v9," + "a" * (chars - 51)}
    assert len(long["svix-signature"]) == chars
    if is_read:
        assert check(long, b"{}").id == "msg_1"
    else:
        with pytest.raises(SignatureError):
            check(long, b"{}")
    with pytest.raises(SignatureError):
        check(headers | {"svix-signature": headers["svix-signature"] + " v9,é"}, b"{}")


def test_a_secret_may_end_in_any_letter() -> None:
    """Only padding is taken off the end of a secret: the X of this one belongs to it."""
    secret = "whsec_" + "A" * 31 + "X"
    assert check(signed(b"{}", secret), b"{}", secret).secret_position == 0


@pytest.mark.parametrize("between", ["\t", "\n", ","])
def test_signatures_are_parted_by_a_space_alone(between: str) -> None:
    """Whatever else stands between two signatures makes one malformed one of them."""
    headers = signed(b"{}")
    with pytest.raises(SignatureError):
        check(headers | {"svix-signature": f"v9,AAAA{between}{headers['svix-signature']}"}, b"{}")
