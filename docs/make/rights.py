"""Writes the tables of docs/rights.md from the roles' rights: `make docs`. The rest is written by hand."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from streams.demo.rights.attempts import Attempt, What, attempts
from streams.events.parts import USES, Part
from streams.events.resources import RESOURCES
from streams.events.rights import On, Right, by_name, rights_of
from streams.events.topics import RAW
from streams.kafka.logins import logins
from streams.ops.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "rights.md"
BEGIN, END = "<!-- made by `make docs` -->", "<!-- end -->"
_WORDS = {On.TOPIC: "topics", On.GROUP: "groups", On.TRANSACTIONAL_ID: "transactional ids", On.CLUSTER: "the cluster"}


def table() -> str:
    """What stands between the markers, for the names that nobody has changed."""
    return "\n".join(["| role | who it is | may |", "|---|---|---|", *map(_row, Part)])


def tried() -> str:
    """The second table: of each operation, to how many of the names that are tried a role has the right."""
    settings, found = Settings.model_construct(), logins()
    rights = found.rights(settings)
    all_tried = {
        part: attempts(settings.topic_prefix, settings.group_id, rights[principal], found.names)
        for part, (principal,) in found.by_part.items()
    }
    rows = [f"| {what} | {' | '.join(_share(what, ones) for ones in all_tried.values())} |" for what in What]
    return "\n".join([f"| tried | {' | '.join(Part)} |", "|---" * (len(Part) + 1) + "|", *rows])


def _share(what: What, ones: Sequence[Attempt]) -> str:
    of = [one for one in ones if one.what is what]
    allowed = sum(one.is_allowed for one in of)
    return f"{allowed} of {len(of)}" if allowed else "–"


def _row(part: Part) -> str:
    settings = Settings.model_construct()
    rights = rights_of(part, settings.topic_prefix, settings.group_id, f"streams-{part}")
    return f"| `{part}` | {USES[part].does} | {'; '.join(_phrases(rights, f'{settings.topic_prefix}.'))} |"


def _phrases(rights: Iterable[Right], prefix: str) -> Iterator[str]:
    """One for all names with the same operations."""
    together: dict[tuple[On, bool, str], list[Right]] = {}
    for of, operations in by_name(rights).items():
        together.setdefault((of.on, of.is_denied, ", ".join(sorted(operations))), []).append(of)
    for (on, is_denied, ones), names in together.items():
        named = "" if on is On.CLUSTER else f" {', '.join(_names(names, prefix))}"
        yield f"{'not ' * is_denied}{ones}: {_WORDS[on]}{named}"


def _names(rights: Sequence[Right], prefix: str) -> Iterator[str]:
    """Short names of topics; many resources and all raw topics as one."""
    short = [f"{one.name.removeprefix(prefix) or prefix}{'*' * one.is_prefix}" for one in rights]
    is_all_raw = set(RAW) <= set(short)
    of_resources = [name for name in short if name in RESOURCES]
    if len(of_resources) > 1:
        left = sorted(RESOURCES.keys() - set(of_resources))
        yield f"one a resource ({len(of_resources)}{', without ' + ', '.join(left) if left else ''})"
    if is_all_raw:
        yield "all raw events (`raw.…`)"
    for name in short:
        if not (is_all_raw and name in RAW) and (name not in RESOURCES or len(of_resources) == 1):
            yield f"`{name}`"


def page(text: str) -> str:
    """The page with its tables made anew."""
    pieces = text.split(BEGIN)
    made = (
        f"{BEGIN}\n{new}\n{END}{old.partition(END)[2]}" for new, old in zip((table(), tried()), pieces[1:], strict=True)
    )
    return "".join([pieces[0], *made])
