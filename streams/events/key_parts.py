"""Keys made of parts: different parts never give the same key, and a key can be split into its parts.

Parts that hold neither `%` nor the separator, as UUIDs and slugs do, are joined as they are.
"""

from collections.abc import Iterable


def join(separator: str, parts: Iterable[str]) -> str:
    """The parts with a separator between them; within a part it is written as its hex code."""
    parts = tuple(parts)
    joined = separator.join(parts)
    if "%" in joined or joined.count(separator) >= len(parts):
        code = _code(separator)
        joined = separator.join([part.replace("%", "%25").replace(separator, code) for part in parts])
    return joined


def split(separator: str, joined: str) -> list[str]:
    """The parts of a key that `join` made."""
    code = _code(separator)
    return [part.replace(code, separator).replace("%25", "%") for part in joined.split(separator)]


def _code(separator: str) -> str:
    return f"%{ord(separator):02X}"
