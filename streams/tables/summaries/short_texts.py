"""Texts that come again and again, shorter than they are: UUIDs as 16 bytes, known words as numbers."""

from functools import lru_cache

UUID_CHARS = 36

# A row has the place of a word. Never move one or take one out; new ones go to the end.
WORDS = (
    *("created", "updated", "unavailable"),
    *("webhook", "api", "incremental", "historical"),
    *("unknown", "automatic", "watch", "ring", "chest_strap", "scale", "cuff", "fingerprick", "manual_scan", "phone"),
    *("app", "multiple_sources", "lab", "insulin_pump", "exercise_machine", "earphone"),
)
word = {word: place for place, word in enumerate(WORDS)}.get  # its place, or what is given as the second argument


def unpack_word(packed: int | str) -> str:
    """Raises IndexError for a word that only a newer version knows."""
    return packed if isinstance(packed, str) else WORDS[packed]


def pack_id(text: str) -> str | bytes:
    """16 bytes for a UUID in lower case, the text itself for anything else."""
    return _uuid(text) if len(text) == UUID_CHARS else text


@lru_cache(maxsize=4096)  # teams and users come again
def _uuid(text: str) -> str | bytes:
    try:
        packed = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return text
    return packed if unpack_id(packed) == text else text


def unpack_id(packed: str | bytes) -> str:
    if isinstance(packed, str):
        return packed
    digits = packed.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
