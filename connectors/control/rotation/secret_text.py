"""The text of a file of secrets, edited: every line that is not meant stays as it is, comments too. Pure.

`connectors.webhook.secret_files.parse` reads such a text; what it returns after an edit is the law of each function.
"""

from collections.abc import Callable

from connectors.webhook.secret_files import parse


def put_first(text: str, secret: str) -> str:
    """`parse` then gives the secret, and behind it the others as they were."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    own = next((line for line in lines if parse(line) == [secret]), secret + end)  # with its comment, if it is there
    rest = [line for line in lines if parse(line) != [secret]]
    at = next((n for n, line in enumerate(rest) if parse(line)), len(rest))
    made = [*rest[:at], own, *rest[at:]]
    return "".join(_ended(line, end) for line in made[:-1]) + made[-1]


def without(text: str, is_gone: Callable[[str], bool]) -> str:
    """`parse` then gives the others. The comment behind a secret goes with it; a line of comment stays."""
    return "".join(
        line for line in text.splitlines(keepends=True) if not any(is_gone(secret) for secret in parse(line))
    )


def _ended(line: str, end: str) -> str:
    """The last of a text may have had no end."""
    return line + end if line.splitlines() == [line] else line
