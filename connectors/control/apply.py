"""Junction is made as webhooks.toml says: read again, changed field by field, read back.

A process that dies on the way loses nothing: the next one reads first. One that creates looks for its tag before each
try, because an answer that was lost may have had its effect. A URL is proved before Junction is told of it: a probe
needs our secret and no endpoint, so nothing has to be made and switched off for it. An endpoint with headers is made
disabled, since creating takes none, and enabled when they are there: without them an event may go the wrong way.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.control import compare, plan, plan_file, signing_secret, tag
from connectors.control.compare import ENABLED, EVENTS, HEADER, RATE, URL, FieldChange
from connectors.control.file import WantedEndpoint, WebhooksFile
from connectors.control.plan import Action, Flag, Found, Plan, PlannedEndpoint
from connectors.junction.answer_json import objects, read_plain
from connectors.junction.management import BadValue
from connectors.junction.webhook_api import TeamPlace, Webhook, WebhookApi
from streams.ops.errors import Misconfigured, StreamsError, Unavailable

Prove = Callable[[WantedEndpoint, SecretStr], Awaitable[str]]  # what was seen; raises StreamsError
_CREATES_MAX = 3
_DESCRIPTION = "Webhooks to Kafka"
_TYPE = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a person has said beside `apply`."""

    flags: frozenset[Flag] = frozenset()
    despite_probe: bool = False
    skip_unknown: bool = False
    resend_headers: bool = False


NOTHING = Allowed()


@dataclass(slots=True)
class AppliedEndpoint:
    """`did`: what was done. `left`: why nothing was. `still`: what differs all the same."""

    name: str
    id: str
    did: list[str]
    left: str = ""
    still: tuple[FieldChange, ...] = ()

    @property
    def is_right(self) -> bool:
        return not self.left and not self.still

    def lines(self) -> Iterator[str]:
        """What happened, in sentences without a secret."""
        yield from (f"{self.name}: {one}" for one in self.did)
        if self.left:
            yield f"{self.name}: left as it is: {self.left}"
        yield from (f"{self.name}: sent, but Junction has {one}" for one in self.still)
        if not self.did and not self.left and not self.still:
            yield f"{self.name}: as it is wanted; nothing was sent"


async def apply(
    api: WebhookApi,
    file: WebhooksFile,
    place: TeamPlace,
    prove: Prove,
    allowed: Allowed = NOTHING,
    planned: Path | None = None,
) -> AsyncIterator[AppliedEndpoint]:
    """Change what differs; each endpoint as it is done. `planned`: only if it is what that file says.

    Raises Misconfigured where it is not, and as WebhookApi does; what was done until then stays, and the next goes on.
    """
    found = await plan.look(api)
    now = plan.make(file, found, place, resend_headers=allowed.resend_headers)
    if planned is not None:
        _check_planned(planned, now)
    applying = _Applying(api, file, found, allowed, prove)
    for endpoint in now.endpoints:
        done = AppliedEndpoint(endpoint.name, endpoint.id, [])
        try:
            await applying.one(endpoint, done)
        except StreamsError:
            if done.did:
                yield done
            raise
        yield done


def _check_planned(path: Path, now: Plan) -> None:
    if changed := plan_file.changed_since(path, now):
        raise Misconfigured(
            f"what is there is not what {path} planned, and nothing was sent: {'; '.join(changed)}. Plan again, look, "
            "and apply that"
        )


class _Applying:
    def __init__(self, api: WebhookApi, file: WebhooksFile, found: Found, allowed: Allowed, prove: Prove) -> None:
        self._api, self._file, self._found, self._allowed, self._prove = api, file, found, allowed, prove

    async def one(self, planned: PlannedEndpoint, done: AppliedEndpoint) -> None:
        """One endpoint; `done` says what became of it, also where this raises."""
        if planned.action is Action.NOTHING:
            return
        if missing := [flag for flag in planned.needs if flag not in self._allowed.flags]:
            done.left = f"{_WHY[missing[0]]} ({' '.join(missing)} does it all the same)"
        elif planned.action is Action.DELETE:
            await self._api.delete(planned.id)
            done.did.append(f"deleted {planned.id}")
        else:
            await self._wanted(self._file.endpoint(planned.name), planned, done)

    async def _wanted(self, wanted: WantedEndpoint, planned: PlannedEndpoint, done: AppliedEndpoint) -> None:
        is_new = planned.action is Action.CREATE
        proves = wanted.is_enabled and any(change.field in (URL, ENABLED) for change in planned.changes)
        secret = signing_secret.first(wanted.secret_file) if wanted.secret_file and (is_new or proves) else None
        if proves and not is_new:  # Junction's own: by ours a gateway that refuses it would look well
            secret = await self._api.secret(planned.id)
        if proves and (why := await self._unproved(wanted, secret, done)):
            done.left = why
            return
        types, changes = wanted.filter_types, planned.changes
        if is_new:
            there, types = await self._create(wanted, types, secret, done)
            done.id, changes = there.id, await self._differences(wanted, there, types)
        types = await self._change(wanted, done.id, types, changes, done)
        # Of a new one by its tag, which is refused if two have it: a call that was given up may have its effect later.
        again = tag.find(await self._api.list(), wanted.name) if is_new else await self._api.get(done.id)
        if again is None:
            raise Misconfigured(f"{wanted.name}: {done.id} was made, and is not there any more: somebody deleted it")
        done.still = await self._differences(wanted, again, types)

    async def _differences(
        self, wanted: WantedEndpoint, there: Webhook, types: tuple[str, ...] | None
    ) -> tuple[FieldChange, ...]:
        return compare.differences(wanted, there, await self._api.headers(there.id), types)

    async def _unproved(self, wanted: WantedEndpoint, secret: SecretStr | None, done: AppliedEndpoint) -> str:
        """Why Junction is not told to send there, "" where it may be."""
        if secret is None:
            why = "it has no secret_file, so no probe of its URL can be signed"
        else:
            try:
                done.did.append(f"probed: {await self._prove(wanted, secret)}")
                return ""
            except StreamsError as error:
                why = f"the probe of its URL failed: {error}"
        if not self._allowed.despite_probe:
            return f"{why} (--despite-probe does it all the same)"
        done.did.append(f"not proved: {why}")
        return ""

    async def _create(
        self, wanted: WantedEndpoint, types: tuple[str, ...] | None, secret: SecretStr | None, done: AppliedEndpoint
    ) -> tuple[Webhook, tuple[str, ...] | None]:
        """The new endpoint, or the one that a lost answer has left, and the types that Junction knows."""
        for last in (*[False] * (_CREATES_MAX - 1), True):
            try:
                there = await self._api.create(
                    url=wanted.url,
                    description=tag.tagged(_DESCRIPTION, wanted.name),
                    rate_limit=wanted.rate_limit,
                    filter_types=types,
                    is_disabled=bool(wanted.headers) or not wanted.is_enabled,
                    secret=secret,
                )
                done.did.append(f"created {there.id}")
                return there, types
            except BadValue as error:
                types = self._without_unknown(error, types, done)
            except Unavailable:
                # The answer may be lost, and the effect not: a second one would be sent each event, too.
                if there_all_the_same := tag.find(await self._api.list(), wanted.name):
                    done.did.append(f"created {there_all_the_same.id}, found again by its tag after a lost answer")
                    return there_all_the_same, types
                if last:
                    raise
        raise Misconfigured(f"{wanted.name}: Junction refuses the event types again and again")

    async def _change(
        self,
        wanted: WantedEndpoint,
        id: str,
        types: tuple[str, ...] | None,
        changes: tuple[FieldChange, ...],
        done: AppliedEndpoint,
    ) -> tuple[str, ...] | None:
        """The fields that differ, then headers, and what enables it last. Returns the types that Junction knows."""
        fields = _fields(wanted, types, changes)
        enables = fields.pop("is_disabled", None) is False
        if ENABLED in {change.field for change in changes} and not enables:
            fields["is_disabled"] = True
        if fields:
            try:
                await self._api.patch(id, **fields)
            except BadValue as error:
                types = self._without_unknown(error, types if "filter_types" in fields else None, done)
                await self._api.patch(id, **{**fields, "filter_types": types})
        if any(change.field.startswith(HEADER) for change in changes):
            await self._api.put_headers(id, wanted.headers)
        if enables:
            await self._api.patch(id, is_disabled=False)
        done.did += [f"changed {change}" for change in changes]
        return types

    def _without_unknown(
        self, error: BadValue, types: tuple[str, ...] | None, done: AppliedEndpoint
    ) -> tuple[str, ...] | None:
        """The types without those that an answer names. Raises Misconfigured where that is not asked for."""
        unknown = sorted(unknown_types(error.body, types or ()))
        if not types or not unknown:
            raise error
        names, lines = ", ".join(unknown), ", ".join(f'"!{name}"' for name in unknown)
        if not self._allowed.skip_unknown:
            raise Misconfigured(
                f"{done.name}: Junction does not know these event types, and has changed nothing: {names}. Leave them "
                f"out (events: add {lines}), or give --skip-unknown"
            )
        done.did.append(f"left out, because Junction does not know them: {names}; add {lines} to its events")
        if not (rest := tuple(name for name in types if name not in unknown)):
            raise Misconfigured(f"{done.name}: Junction knows none of its event types; nothing was changed")
        return rest


_WHY: Mapping[Flag, str] = {
    Flag.DELETE: "it is ours by its tag, and no longer in the file",
    Flag.DISABLE_LAST: "it is the last one that is sent to: nothing would come any more, and nothing be tried again",
}


def _fields(wanted: WantedEndpoint, types: tuple[str, ...] | None, changes: tuple[FieldChange, ...]) -> dict[str, Any]:
    """Of a PATCH: only what differs, so that what somebody else changes meanwhile stays."""
    values = {
        URL: ("url", wanted.url),
        EVENTS: ("filter_types", types),
        RATE: ("rate_limit", wanted.rate_limit),
        ENABLED: ("is_disabled", not wanted.is_enabled),
    }
    return dict(values[change.field] for change in changes if change.field in values)


def unknown_types(body: bytes, sent: tuple[str, ...]) -> frozenset[str]:
    """Which of the types that were sent a refusal names: in a message, or by their place in the list."""
    try:
        answer = read_plain(body)
    except StreamsError:
        return frozenset()
    found: set[str] = set()
    for row in objects(answer.get("detail") if type(answer) is dict else None):
        found |= _named(row.get("msg"), sent)
        match row.get("loc"):
            case [*_, "filter_types", int(place)] if 0 <= place < len(sent):
                found.add(sent[place])
    if type(answer) is dict:
        found |= _named(answer.get("detail"), sent)
    return frozenset(found)


def _named(message: Any, sent: tuple[str, ...]) -> set[str]:
    """Whole names only: a full stop at the end of a sentence is none of a name."""
    words = _TYPE.findall(message) if type(message) is str else []
    return set(sent).intersection(word.strip(".") for word in words)
