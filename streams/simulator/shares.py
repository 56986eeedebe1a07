"""Shares of things that go wrong, as they are written at the command line: `NAME=SHARE`."""

from collections.abc import Iterable, Sequence

from streams.ops.errors import Misconfigured


def read_shares(option: str, words: Sequence[str], names: Iterable[str]) -> dict[str, float]:
    """Each name with its share, between 0 and 1. Raises Misconfigured, naming the words there are."""
    known, shares = list(names), dict[str, float]()
    for word in words:
        name, _, share = word.partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            shares[name] = -1.0
        if name not in known or not 0 <= shares[name] <= 1:
            raise Misconfigured(f"{option} {word!r} is not NAME=SHARE, a share from 0 to 1; names: {', '.join(known)}")
    return shares
