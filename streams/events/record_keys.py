"""The key of a record: the owner first, then what the record is about."""

from streams.events import ids, key_parts
from streams.events.identity import Identity


def raw_key(identity: Identity) -> bytes:
    """`owner_id:resource`: the key of a raw record."""
    return key_of(identity.owner_id, identity.type.resource)


def key_of(*parts: str) -> bytes:
    """The key of a record by its parts, the owner first."""
    return key_parts.join(":", parts).encode()


def owner_in(key: bytes | None) -> str:
    """The owner in a record's key, canonical; "" where there is none."""
    return ids.canonical(key_parts.split(":", (key or b"").decode("utf-8", "replace"))[0])
