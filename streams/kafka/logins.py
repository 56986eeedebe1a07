"""Which login is which role: principals as Kafka calls them, and the rights of each."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from streams.events.parts import Part
from streams.events.rights import Right, rights_of
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

OWN_GROUPS = (Part.CONSUMER, Part.LABS, Part.NOTES)  # roles of programs of yours, whose groups have names of their own
_COMMON_NAME = re.compile(r"(?:^|,)\s*CN=([^,]+)", re.IGNORECASE)


class Logins(NamedTuple):
    """`by_part`: the logins of each role that is asked about, such as `User:streams-worker`."""

    by_part: Mapping[Part, Sequence[str]]

    @property
    def principals(self) -> frozenset[str]:
        return frozenset(one for ones in self.by_part.values() for one in ones)

    @property
    def names(self) -> list[str]:
        """Of all logins, without their type."""
        return [short(one) for ones in self.by_part.values() for one in ones]

    @property
    def own_groups(self) -> tuple[str, ...]:
        """With what the groups of consumers begin."""
        return tuple(sorted({short(one) for part in OWN_GROUPS for one in self.by_part.get(part, ())}))

    def rights(self, settings: Settings) -> dict[str, list[Right]]:
        """Of each login, in the order of the roles. A login with two roles is denied nothing that one of them needs."""
        found: dict[str, dict[Right, None]] = {}
        for part, principals in self.by_part.items():
            for one in principals:
                _refuse_our_groups(part, short(one), settings)
                own = rights_of(part, settings.topic_prefix, settings.group_id, short(one), settings.postgres_topics)
                found.setdefault(one, {}).update(dict.fromkeys(own))
        return {one: [right for right in rights if not _is_undone(right, rights)] for one, rights in found.items()}


def logins(given: Iterable[str] = (), roles: Collection[str] = ()) -> Logins:
    """`given`: `ROLE=PRINCIPAL`, also several of one role; `User:streams-ROLE` for the others.

    `roles`: these alone, and what else their logins are by `given`.

    Raises Misconfigured.
    """
    named: dict[Part, list[str]] = {}
    for one in given:
        role, _, principal = one.partition("=")
        if not re.fullmatch(r"User:.+", principal):
            raise Misconfigured(f"{one}: write ROLE=User:NAME")
        named.setdefault(_part(role), []).append(principal)
    wanted = [_part(role) for role in roles] or [*Part]
    every = {one: named.get(one, [f"User:streams-{one}"]) for one in Part}
    theirs = {principal for part in wanted for principal in every[part]}  # with their other roles, which they keep
    found = {part: [one for one in principals if one in theirs] for part, principals in every.items()}
    return Logins({part: principals for part, principals in found.items() if principals})


def _part(role: str) -> Part:
    if role not in [*Part]:
        raise Misconfigured(f"{role} is no role: {', '.join(Part)}")
    return Part(role)


def short(principal: str) -> str:
    """The name in a principal: `User:analytics` and `User:CN=analytics,O=Clinic` are `analytics`."""
    name = principal.partition(":")[2]
    common = _COMMON_NAME.search(name)
    return common[1].strip() if common else name


def _refuse_our_groups(part: Part, own: str, settings: Settings) -> None:
    """A consumer may read with groups that begin with its login's name, and so set their offsets. Raises Misconfigured
    where a group of ours is one of them."""
    ours = [f"{settings.group_id}{one}" for one in ("-fetcher", "-notify-", "-sink-")]  # and the worker's, without any
    if part in OWN_GROUPS and any(one.startswith(own) or own.startswith(one) for one in ours):
        raise Misconfigured(
            f"the groups of a {part} begin with the name of its login, {own}, and so do groups of ours "
            "(STREAMS_GROUP_ID): it could move their offsets. Give it a login of another name"
        )


def _is_undone(right: Right, rights: Iterable[Right]) -> bool:
    return right.is_denied and right._replace(is_denied=False) in rights
