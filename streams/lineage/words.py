"""Times, spans, numbers, names and commands as a story says them. Pure."""

import shlex
from collections.abc import Iterable, Sequence

from streams.events import times

_UNITS = ((times.DAY_MS, "d"), (times.HOUR_MS, "h"), (times.MINUTE_MS, "min"), (1000, "s"))
NAMES_MAX = 20  # in one sentence


def moment(ms: int) -> str:
    """Unix ms as `2026-06-03 10:00:00 UTC`; 0 is an unknown time."""
    if not ms:
        return "an unknown time"
    text = times.text(ms * 1000)
    return f"{text[:10]} {text[11:19]} UTC" if text.endswith("+00:00") else text


def span(ms: int) -> str:
    """A length of time by its two largest units: `0.21 s`, `12.4 s`, `3 min 5 s`, `2 d 4 h`. Of its amount alone."""
    ms = abs(ms)
    if ms < times.MINUTE_MS:
        return f"{ms / 1000:.2f} s" if ms < 10_000 else f"{ms / 1000:.1f} s"
    place = next(number for number, (size, _) in enumerate(_UNITS) if ms >= size)
    (large, name), (small, less) = _UNITS[place], _UNITS[place + 1]
    rest = ms % large // small
    return f"{ms // large} {name} {rest} {less}" if rest else f"{ms // large} {name}"


def count(n: int, one: str, many: str = "") -> str:
    """`1 field`, `12,100 fields`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def names(found: Sequence[str], n: int | None = None) -> str:
    """The first of `n` names (default: of those given), and how many more there are."""
    n = len(found) if n is None else n
    shown = ", ".join(found[:NAMES_MAX])
    more = n - min(len(found), NAMES_MAX)
    return f"{shown} and {more:,} more" if more > 0 and shown else shown or f"{n:,}"


def tallies(rows: Iterable[tuple[str, int]]) -> str:
    """`3 NEW, 197 SAME`; equal names are added, in the order in which they came."""
    sums: dict[str, int] = {}
    for name, n in rows:
        sums[name] = sums.get(name, 0) + n
    return ", ".join(f"{n:,} {name}" for name, n in sums.items())


def phrase(sentence: str) -> str:
    """A sentence as a part of another: without its full stop."""
    return sentence.rstrip(".")


def command(*parts: str) -> str:
    """A command of ours that may be copied into a shell, whatever is in its parts."""
    return shlex.join(("junction-streams", *parts))
