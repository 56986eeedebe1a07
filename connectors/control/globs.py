"""Patterns of event types as exact names: Junction's filter takes no others. Pure.

In order, the later one counts: `["*", "!labtest.*", "labtest.result.critical"]` is all but labs, and critical results.
`*` is any text, with full stops in it, too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from streams.events.documented import types_of_today
from streams.ops.file_problems import suggestion

NOT = "!"
_PATTERN = re.compile(r"!?[A-Za-z0-9_.*-]{1,256}")


def expand(patterns: Sequence[str]) -> tuple[str, ...]:
    """The event types that they let in, sorted, of those that Junction documents today."""
    chosen: set[str] = set()
    for pattern in patterns:
        found = matches(pattern.removeprefix(NOT))
        chosen = chosen - found if pattern.startswith(NOT) else chosen | found
    return tuple(sorted(chosen))


def matches(pattern: str) -> frozenset[str]:
    """The known types that a pattern without `!` fits."""
    fits = re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern)))).fullmatch
    return frozenset(filter(fits, _today()))


@cache
def _today() -> tuple[str, ...]:
    return types_of_today()


def problems(patterns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to do): nobody writes a pattern that is to do nothing."""
    if not patterns:
        yield "no pattern, so that nothing would come", '"everything", or ["*", "!labtest.*"]'
    chosen: set[str] = set()
    wrong = False
    for pattern in patterns:
        why = _problem(pattern, chosen)
        if why:
            wrong = True
            yield why
        elif pattern.startswith(NOT):
            chosen -= matches(pattern.removeprefix(NOT))
        else:
            chosen |= matches(pattern)
    if patterns and not wrong and not chosen:
        yield "nothing is left, so that nothing would come", "a webhook that is to be silent has enabled = false"


def _problem(pattern: str, chosen: Iterable[str]) -> tuple[str, str] | None:
    bare = pattern.removeprefix(NOT)
    if not _PATTERN.fullmatch(pattern):
        return f"{pattern[:64]!r} is no pattern", "letters, digits, . _ - and *; ! before it takes out"
    found = matches(bare)
    if not found:
        return f"{pattern!r} fits no event type that Junction documents", _near(bare)
    if pattern.startswith(NOT) and not found.intersection(chosen):
        return f"{pattern!r} takes nothing out", 'what is to be taken out stands behind what lets it in: ["*", "!..."]'
    return None


def _near(bare: str) -> str:
    """The type that looks most like it; for a pattern the beginnings that there are."""
    if "*" not in bare:
        return suggestion(bare, _today())
    stem = bare.partition("*")[0].rstrip(".")
    depth = stem.count(".") + 1
    return suggestion(stem, {".".join(name.split(".")[:depth]) for name in _today()})
