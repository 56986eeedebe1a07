"""Questions of lineage in a person's words, as parameters of a URL, and back; who answers them. Pure.

Words are judged by who answers: only there is known which days there are, and which clock a user lives by.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, Self

from streams.events.text import ID_CHARS_MAX
from streams.lineage.known import Reach
from streams.lineage.telling import Story
from streams.ops.errors import Misconfigured

WORD_CHARS_MAX = 64  # of a resource, a day, a time
_FLAGS = ("show_values", "ask_junction")
_LONGEST = {"user": ID_CHARS_MAX, "entity": ID_CHARS_MAX}


class DataQuery(NamedTuple):
    """What came of a user's data. `user`: user id, or client user id. `day`: `2026-11-28`, `last-night`; `entity`: id
    of a summary; `at`: a moment, in the user's clock where it has no offset; "" for all. `show_values`: with what was
    measured."""

    user: str
    resource: str
    day: str = ""
    entity: str = ""
    at: str = ""
    show_values: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Of a URL's parameters. Raises Misconfigured for others than these, and for texts that are too long."""
        return cls(**_checked(cls._fields, given))  # type: ignore[arg-type]  # because flags are bools by their names


class WhyQuery(NamedTuple):
    """Why something is not there. `user`, `day`: as in DataQuery. `ask_junction`: whether Junction is asked, too."""

    user: str
    resource: str
    day: str = ""
    ask_junction: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Of a URL's parameters. Raises Misconfigured for others than these, and for texts that are too long."""
        return cls(**_checked(cls._fields, given))  # type: ignore[arg-type]  # because flags are bools by their names


class Answerer(Protocol):
    """Who answers; each call takes as long as it takes. Raises Misconfigured for words that ask nothing, Unavailable
    where nothing can be told at all: what is missing of an answer stands in the story."""

    def delivery(self, id: str, *, show_values: bool = False) -> Story: ...
    def data(self, query: DataQuery) -> Story: ...
    def why(self, query: WhyQuery) -> Story: ...
    def reach(self) -> Reach: ...


def parameters(query: DataQuery | WhyQuery) -> dict[str, str]:
    """As parameters of a URL; what was not asked for is left out. Raises Misconfigured for what no answer has."""
    found = {name: "1" if value is True else str(value) for name, value in query._asdict().items() if value}
    _checked(query._fields, found)
    return found


def _checked(names: tuple[str, ...], given: Mapping[str, str]) -> dict[str, str | bool]:
    if others := sorted(given.keys() - set(names)):
        raise Misconfigured(f"{others[0][:WORD_CHARS_MAX]} is no parameter; there are {', '.join(names)}")
    if lacking := [name for name in ("user", "resource") if not given.get(name, "").strip()]:
        raise Misconfigured(f"the {lacking[0]} is missing")
    for name, text in given.items():
        _check(name, text)
    return {name: is_set(text) if name in _FLAGS else text.strip() for name, text in given.items()}


def _check(name: str, text: str) -> None:
    longest = _LONGEST.get(name, WORD_CHARS_MAX)
    if len(text) > longest:
        raise Misconfigured(f"the {name} has {len(text):,} characters, and none has more than {longest}")
    if not text.isprintable():  # control characters, line separators, halves of surrogate pairs
        raise Misconfigured(f"the {name} has characters that cannot be printed")


def is_set(flag: str) -> bool:
    """Whether a parameter says yes: `1`. Raises Misconfigured for other words than that, `0` and ""."""
    if flag not in ("", "0", "1"):
        raise Misconfigured("a flag is 1 or 0")
    return flag == "1"
