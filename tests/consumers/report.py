"""What was seen beside what the page says. Instead of what was seen, a sentence where a client cannot be tried here."""

from collections.abc import Mapping

from rich.table import Table

from tests.consumers.clients import BY_NAME, Client
from tests.consumers.judge import Seen

CHANGE = "change tests/consumers/clients.py and the page"


def sentence(client: Client, found: Seen | str) -> str:
    """ "" where it is as the page says."""
    if isinstance(found, str):
        return f"cannot be tried here: {found}"
    if not is_other(client, found):
        return ""
    if found.commits and found.values:
        return f"the page calls it wrong, and it is right now; {CHANGE}"
    return f"not as the page says; {found.said or found.counts}; {CHANGE}"


def is_other(client: Client, found: Seen) -> bool:
    """Better or worse: the page is not true any more."""
    return (found.commits, found.values) != (client.commits, client.values)


def exit_code(seen: Mapping[str, Seen | str]) -> int:
    """1 where one is not as the page says, else 2 where one could not be tried, else 0."""
    if any(not isinstance(found, str) and is_other(BY_NAME[name], found) for name, found in seen.items()):
        return 1
    return 2 if any(isinstance(found, str) for found in seen.values()) else 0


def table(seen: Mapping[str, Seen | str]) -> Table:
    made = Table("client", "Avro", "", "aborted shown", "lost", "values wrong", "says")
    for name, found in seen.items():
        head = (BY_NAME[name].client, BY_NAME[name].avro)
        if isinstance(found, str):
            made.add_row(*head, "not tried", "", "", "", "")
            continue
        is_right = "right" if found.commits and found.values else "wrong"
        counts = ("?", "?") if found.commits is None else (str(found.aborted), str(found.lost))
        made.add_row(*head, is_right, *counts, str(found.wrong), found.said)
    return made
