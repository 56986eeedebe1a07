"""What has to change at Junction so that it is as webhooks.toml says: read and compared, without a secret."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from connectors.control import compare, tag
from connectors.control.compare import ENABLED, FieldChange
from connectors.control.file import Everything, WantedEndpoint, WebhooksFile
from connectors.junction.webhook_api import Webhook, WebhookApi, WebhookHeaders

VERSION = 1
_NO_HEADERS = WebhookHeaders({}, frozenset())


class Action(StrEnum):
    NOTHING = "nothing"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


class Flag(StrEnum):
    """What a person has to say beside `apply`, because it loses events."""

    DELETE = "--delete"
    DISABLE_LAST = "--disable-last"


@dataclass(frozen=True, slots=True)
class PlannedEndpoint:
    """`id`, `updated_at`: "" for one that is to be made. `notes`: what the comparison cannot see."""

    name: str
    action: Action
    changes: tuple[FieldChange, ...] = ()
    id: str = ""
    updated_at: str = ""
    needs: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Without a secret."""
        return {
            "name": self.name,
            "action": self.action.value,
            "id": self.id,
            "updated_at": self.updated_at,
            "changes": [list(change) for change in self.changes],
            "needs": [flag.value for flag in self.needs],
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """`others`: endpoints at Junction that are not ours; they are never touched."""

    place: tuple[str, str, str]
    endpoints: tuple[PlannedEndpoint, ...]
    others: tuple[Webhook, ...]

    @property
    def is_empty(self) -> bool:
        return all(one.action is Action.NOTHING for one in self.endpoints)

    def as_json(self) -> dict[str, Any]:
        """As `--out` keeps it."""
        return {
            "version": VERSION,
            "team": list(self.place),
            "endpoints": [one.as_json() for one in self.endpoints],
            "not_ours": [{"id": one.id, "url": compare.shown_url(one.url)} for one in self.others],
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What Junction has: every webhook, and the headers of ours, by id."""

    webhooks: tuple[Webhook, ...]
    headers: Mapping[str, WebhookHeaders]

    def ours(self) -> dict[str, Webhook]:
        """By name. Raises Misconfigured for two with one tag."""
        names = sorted({name for one in self.webhooks if (name := tag.of(one.description))})
        return {name: one for name in names if (one := tag.find(self.webhooks, name))}


async def look(api: WebhookApi) -> Found:
    """Everything there is. Raises as WebhookApi does, and Misconfigured for two endpoints with one tag."""
    found = Found(await api.list(), {})
    ids = [one.id for one in found.ours().values()]
    return Found(found.webhooks, dict(zip(ids, await asyncio.gather(*map(api.headers, ids)), strict=True)))


def make(file: WebhooksFile, found: Found, place: Sequence[str], *, resend_headers: bool = False) -> Plan:
    """What has to change. `place`: org, team and environment. Pure."""
    ours = found.ours()
    endpoints = [_endpoint(one, ours.get(one.name), found, resend_headers) for one in file.endpoints.values()]
    gone = [
        PlannedEndpoint(name, Action.DELETE, (), there.id, there.updated_at, (Flag.DELETE,))
        for name, there in ours.items()
        if name not in file.endpoints
    ]
    others = tuple(one for one in found.webhooks if tag.of(one.description) is None)
    return Plan((place[0], place[1], place[2]), tuple(_with_last([*endpoints, *gone], found)), others)


def _endpoint(wanted: WantedEndpoint, there: Webhook | None, found: Found, resend_headers: bool) -> PlannedEndpoint:
    notes = list(_notes(wanted))
    if there is None:
        return PlannedEndpoint(wanted.name, Action.CREATE, _all_of(wanted), notes=tuple(notes))
    headers = found.headers.get(there.id, _NO_HEADERS)
    changes = compare.differences(wanted, there, headers, wanted.filter_types)
    if unseen := compare.hidden(wanted, headers):
        names = ", ".join(unseen)
        notes.append(f"{names}: Junction hides the value, so only the name was compared (--resend-headers sends it)")
        if resend_headers:
            again = (FieldChange(f"{compare.HEADER}{name}", "hidden", compare.SECRET) for name in unseen)
            changes = (*changes, *again)
    action = Action.CHANGE if changes else Action.NOTHING
    return PlannedEndpoint(wanted.name, action, changes, there.id, there.updated_at, notes=tuple(notes))


def _all_of(wanted: WantedEndpoint) -> tuple[FieldChange, ...]:
    """The fields of an endpoint that is to be made, each against none."""
    nothing = Webhook("", "", "", None, True, (), "", "")
    changes = compare.differences(wanted, nothing, _NO_HEADERS, wanted.filter_types)
    return tuple(change._replace(before=compare.ABSENT) for change in changes)


def _notes(wanted: WantedEndpoint) -> Iterator[str]:
    if not isinstance(wanted.events, Everything):
        yield 'the patterns are exact names at Junction: a new type of Junction will not come ("everything" lets it)'
    if wanted.secret_file is None:
        yield "no secret_file: a new endpoint gets a secret of Junction's, and no probe can be signed"


def _with_last(planned: Sequence[PlannedEndpoint], found: Found) -> Iterator[PlannedEndpoint]:
    """With the flag at what would leave the team without an endpoint that is sent to."""
    ends = {one.id for one in planned if _ends(one)}
    before = {one.id for one in found.webhooks if not one.is_disabled}
    begins = any(_is_change(one, ENABLED, True) for one in planned)
    is_last = bool(before) and not (before - ends) and not begins
    for one in planned:
        if is_last and one.id in ends & before:
            yield replace(one, needs=(*one.needs, Flag.DISABLE_LAST))
        else:
            yield one


def _ends(one: PlannedEndpoint) -> bool:
    return one.action is Action.DELETE or (one.action is Action.CHANGE and _is_change(one, ENABLED, False))


def _is_change(one: PlannedEndpoint, field: str, after: Any) -> bool:
    return any(change.field == field and change.after == after for change in one.changes)
