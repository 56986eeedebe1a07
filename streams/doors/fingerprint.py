"""The same event has the same digest, whichever door brought it: 16 bytes over user, type and content. Pure.

Content is compared in one form (names sorted, no nulls, whole numbers as such). That costs ten times what the bytes as
they are cost, so it is made only where those differ.
"""

from hashlib import blake2b

import msgspec

from streams.events.text import body_bounds
from streams.ops.errors import Rejected
from streams.payloads import canonical, to_json

DIGEST_BYTES, OWNER_BYTES = 16, 8
_decode = msgspec.json.Decoder().decode


def digest_of(user: bytes, event_type: bytes, content: bytes) -> bytes:
    """16 bytes that differ when anything differs."""
    # The lengths come first: no two different triples are the same bytes.
    made = blake2b(b"%d %d %b%b" % (len(user), len(event_type), user, event_type), digest_size=DIGEST_BYTES)
    made.update(content)
    return made.digest()


def canonical_body(body: bytes) -> bytes:
    """The JSON of a body in one form; a body that is no strict JSON, or holds too much, as it is."""
    try:
        body_bounds.check(body)
        return to_json(canonical(_decode(body)))
    except (Rejected, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body


def owner_of(key: bytes) -> bytes:
    """8 bytes for the key of a raw record: whose it is, and which resource."""
    return blake2b(key, digest_size=OWNER_BYTES).digest()
