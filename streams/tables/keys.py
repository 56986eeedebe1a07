"""Keys of state rows: what each kind is made of, how one is built, and how it is taken apart."""

from streams.events import key_parts


def state_key(*parts: str) -> bytes:
    """Parts of a key, the user first. Different parts never give the same bytes; `user|` is the prefix of one user."""
    return key_parts.join("|", parts).encode()


def split(key: bytes) -> list[str]:
    """The parts of a key that `state_key` made."""
    return key_parts.split("|", key.decode())


def range_of_user(user_id: str) -> tuple[bytes, bytes]:
    """[start, stop) of all keys that begin with this user and have more parts."""
    prefix = state_key(user_id)
    return prefix + b"|", prefix + b"}"  # `}` follows `|`
