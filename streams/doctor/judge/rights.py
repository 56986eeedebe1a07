"""What this login may do, by what Kafka says of it (KIP-430), beside what each process needs."""

from collections.abc import Mapping, Sequence, Set

from streams.events.rights import On, Right
from streams.ops.lines import Line, look_at, ok, some, wrong

ABOUT = "rights"
_CREATE = "CREATE"
_ALL = frozenset({_CREATE, "ALTER", "ALTER_CONFIGS", "CLUSTER_ACTION"})
_CHANGE = "`junction-streams topics acls plan` says what to allow (docs/rights.md)"

Allowed = Mapping[str, Set[str]]  # topic → operations; none for a topic that Kafka does not show to this login


def on_topics(allowed: Allowed, needs: Mapping[str, Sequence[Right]]) -> list[Line]:
    """`needs`: process → its rights. A login is rarely for all of them: what it lacks for one may be meant so."""
    lacks = {process: _lacking(allowed, rights) for process, rights in needs.items()}
    enough = [process for process, missing in lacks.items() if not missing]
    lines = [ok(ABOUT, f"enough on topics for {', '.join(enough)}")] if enough else []
    for process, missing in lacks.items():
        if missing:
            named = "; ".join(f"{operation} on {some(names)}" for operation, names in missing.items())
            found = f"not enough for {process}: {named}"
            lines.append(look_at(ABOUT, found, _CHANGE) if enough else wrong(ABOUT, found, _CHANGE))
    return lines


def _lacking(allowed: Allowed, rights: Sequence[Right]) -> dict[str, list[str]]:
    """Operation → topics on which it is not allowed. A topic that is not there lacks nothing."""
    found: dict[str, list[str]] = {}
    for right in rights:
        if right.on is On.TOPIC:
            names = [name for name in allowed if _is_of(right, name) and right.operation not in allowed[name]]
            if names:
                found.setdefault(right.operation, []).extend(names)
    return found


def _is_of(right: Right, name: str) -> bool:
    return name.startswith(right.name) if right.is_prefix else name == right.name


def on_cluster(allowed: Set[str] | None, *, is_own: bool) -> list[Line]:
    """`allowed`: operations on the cluster, None where Kafka does not say. `is_own`: all its hosts are our own."""
    if allowed is None:
        return []
    if allowed >= _ALL and not is_own:
        found = "this login may do everything: it is a super user, or this Kafka asks for no rights"
        return [look_at(ABOUT, found, "give each process a login of its own with the rights that it needs")]
    may = "may" if _CREATE in allowed else "may not"
    return [ok(ABOUT, f"{may} create topics: `topics apply` needs it, and no service")]
