"""What this login may do, by what Kafka says of it (KIP-430)."""

from collections.abc import Mapping, Set

from streams.doctor.judge.lines import Line, look_at, ok, some, wrong

ABOUT = "rights"
_READ, _WRITE, _CREATE = "READ", "WRITE", "CREATE"
_ALL = frozenset({"CREATE", "ALTER", "ALTER_CONFIGS", "CLUSTER_ACTION"})


def on_topics(total: int, allowed: Mapping[str, Set[str]], hidden: Set[str]) -> list[Line]:
    """`allowed`: topic → operations, of those that Kafka shows to this login; `hidden`: the others that are there."""
    lines = []
    if hidden:
        found = f"this login does not see {len(hidden)} of {total} topics: {some(sorted(hidden))}"
        lines.append(wrong(ABOUT, found, "allow DESCRIBE on them; every process compares the topics when it starts"))
    unread, unwritten = _without(allowed, _READ), _without(allowed, _WRITE)
    if not allowed:
        return lines
    if not (unread or unwritten):
        return [*lines, ok(ABOUT, f"may read and write all {len(allowed)} topics that it sees")]
    for names, verb in ((unread, "read"), (unwritten, "write")):
        if names:
            lines.append(look_at(ABOUT, f"may not {verb} {len(names)} of {total} topics: {some(names)}", _WHO))
    return lines


_WHO = "right for a process that needs no more, wrong for a worker, which reads and writes them"


def on_cluster(allowed: Set[str] | None, *, is_own: bool) -> list[Line]:
    """`allowed`: operations on the cluster, None where Kafka does not say. `is_own`: all its hosts are our own."""
    if allowed is None:
        return []
    if allowed >= _ALL and not is_own:
        found = "this login may do everything: it is a super user, or this Kafka asks for no rights"
        return [look_at(ABOUT, found, "give each process a login of its own with the rights that it needs")]
    may = "may" if _CREATE in allowed else "may not"
    return [ok(ABOUT, f"{may} create topics: `topics apply` needs it, and no service")]


def _without(allowed: Mapping[str, Set[str]], operation: str) -> list[str]:
    return [name for name, operations in allowed.items() if operation not in operations]
