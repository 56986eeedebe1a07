"""A probe: a signed message that asks a gateway who it is. It is verified as a delivery is, and stored nowhere. Pure.

Both its id and its type say what it is, and both are signed. By the id alone one comparison tells it from a delivery,
so that a delivery pays no more than that; a body that only claims the type is an event like any other.
"""

import random
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

TYPE = "junction_streams.probe"
ID_PREFIX = "probe_"
# What the gateway answers with, beside 204. Lists are joined by commas.
H_INSTANCE = "junction-streams-instance"  # which process of which host
H_PROCESSES = "junction-streams-processes"  # so many share the port
H_PROGRAM = "junction-streams-version"
H_CLOCK = "junction-streams-clock"  # Unix milliseconds
H_SECRETS = "junction-streams-secrets"  # fingerprints of the endpoint's live secrets, the newest first
H_USES = "junction-streams-uses"  # of each of them, as `uses_text` writes it
H_SECRET = "junction-streams-secret"  # noqa: S105  # because it is the name of a header: the fingerprint that matched
H_READY = "junction-streams-ready"  # whether a delivery would be stored: yes, or no
HEADERS = (H_INSTANCE, H_PROCESSES, H_PROGRAM, H_CLOCK, H_SECRETS, H_USES, H_SECRET, H_READY)
YES, NO = "yes", "no"

BODY_BYTES_MIN = 1024


class ProbedUse(NamedTuple):
    """What one process knows of one secret: how many deliveries it verified since `since_s`, and when the last one.

    Unix seconds; `last_used_s` is 0 for never.
    """

    verified: int
    last_used_s: float
    since_s: float


_USE = re.compile(r"([0-9]{1,18})/([0-9]{1,12}\.[0-9]{3})/([0-9]{1,12}\.[0-9]{3})")


def uses_text(uses: Iterable[ProbedUse]) -> str:
    """`120/1795973000.123/1795970000.000`, joined by commas."""
    return ",".join(f"{one.verified}/{one.last_used_s:.3f}/{one.since_s:.3f}" for one in uses)


def read_uses(text: str) -> tuple[ProbedUse, ...]:
    """Raises ValueError for what `uses_text` does not write."""
    found = [_USE.fullmatch(one) for one in text.split(",")] if text else []
    if not all(found):
        raise ValueError("no uses of secrets")
    return tuple(ProbedUse(int(one[1]), float(one[2]), float(one[3])) for one in found if one)


class _Typed(msgspec.Struct, gc=False):
    event_type: str = ""


_typed = msgspec.json.Decoder(_Typed).decode


def is_probe(id: str, body: bytes) -> bool:
    """Of a verified message. Never raises: a body that cannot be read is a delivery's matter."""
    if not id.startswith(ID_PREFIX):
        return False
    try:
        return _typed(body).event_type == TYPE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


# Whatever reads JSON and writes it again changes one of these: escapes that have another spelling, numbers that have
# one, a member that is there twice, whitespace of all four kinds; and what filters and converters of text look for.
_TRAPS = (
    r'"\u00e9 é \u0065 \/ / \ud83d\ude00 😀 \u0000 \b\f\n\r\t \" \\ \u2028 \u00A0"',
    '"\u2028\u2029\u0085\ufeff\u200b\u202e\x7f e\u0301 \ufb01 \u212b \U0001f469\u200d\U0001f52c"',
    "[1.0, 1.10, 1E+2, 1e-7, -0, -0.0, 12345678901234567890, 0.30000000000000004]",
    "\"<b>&amp; &lt; 'x' %41 %2F + = ; \\\\r\\\\n {{x}} ${x} #\"",
    '{"b":1,"a":2,"a":2 , "":null}',
    "[ ]",
    "\t{ }\r\n",
)


def body_of(nonce: str, n_bytes: int = BODY_BYTES_MIN) -> bytes:
    """JSON of exactly so many bytes, at least BODY_BYTES_MIN, that comes through whole only where nobody touches it.

    `nonce`: ASCII without quotes; another one makes other bytes.
    """
    head = f' {{\r\n\t"nonce" : "{nonce}",  "event_type":"{TYPE}" ,\n "odd":\t['.encode()
    tail = b'" ]\n}\r\n '
    room = n_bytes - len(head) - len(tail) - len(b' "')
    made = bytearray(head)
    for piece in _pieces(nonce):
        if len(piece) + len(made) - len(head) > room:
            break
        made += piece
    made += b' "' + b"." * (room - (len(made) - len(head)))
    return bytes(made + tail)


def _pieces(nonce: str) -> Iterator[bytes]:
    """Without end: the traps, and between them texts that no two probes have in common."""
    yield from (f"{trap},\n".encode() for trap in _TRAPS)
    chance = random.Random(nonce)  # the same nonce makes the same bytes
    while True:
        for trap in _TRAPS:
            letters = "".join(map(chr, chance.choices(range(0xA1, 0xD7FF), k=64)))
            yield f'{trap}, "{chance.getrandbits(256):x} {letters}"\n\t,'.encode()
