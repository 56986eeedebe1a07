"""A page of data: objects or samples as the bytes that Junction sent, and the next cursor. Pure.

`streams.payloads.decode` decodes the bytes, as it does those of webhooks.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec import Raw

from connectors.junction.answer_json import Paged, read_json
from connectors.junction.failures import FailureReason, Refused, TryLater
from streams.events import Kind, resources


class SampleGroup(NamedTuple):
    """Samples of one source. `provider`: the key of the group. `source`: b"" where there is none."""

    provider: str
    source: bytes
    samples: list[Raw]


@dataclass(frozen=True, slots=True)
class Page:
    """`resource`: event name. `next_cursor`: None at the end. `is_missing`: Junction knows no such thing (404).
    `answered_ms`: when it answered, by its clock, if it says so."""

    resource: str
    objects: list[Raw] = field(default_factory=list)
    groups: list[SampleGroup] = field(default_factory=list)
    next_cursor: str | None = None
    body_bytes: int = 0
    is_missing: bool = False
    answered_ms: int | None = None

    @property
    def rows(self) -> int:
        """Objects and samples."""
        return len(self.objects) + sum(len(group.samples) for group in self.groups)


def read(resource: str, body: bytes) -> Page:
    """The answer of a resource's endpoint. `resource`: event name. Raises TryLater, Refused."""
    _check_text(body)
    row = resources.RESOURCES[resource]
    if row.kind is Kind.TIMESERIES:
        return _grouped(resource, body)
    if resource == "profile":  # the object itself (6.2)
        whole = read_json(body, Raw)
        return Page(resource, [] if bytes(whole) == b"null" else [whole], body_bytes=len(body))
    answer = read_json(body, dict[str, Raw])
    objects = answer.get(row.answer_key, answer.get(resource))
    if objects is None:
        raise Refused(FailureReason.BAD_SHAPE, f"$.{row.answer_key}: missing")
    return Page(resource, read_json(objects, list[Raw], f"$.{row.answer_key}"), body_bytes=len(body))


def _check_text(body: bytes) -> None:
    """Parts stay bytes and are not parsed here; so the whole body is checked to be UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise TryLater(FailureReason.NOT_JSON, "not UTF-8") from None


class _Group(msgspec.Struct, gc=False):
    source: Raw = Raw(b"")
    data: list[Raw] | None = None


class _Grouped(Paged, kw_only=True):
    groups: dict[str, list[_Group]]


def _grouped(resource: str, body: bytes) -> Page:
    if body.lstrip()[:1] == b"[":  # the form without groups, which names nobody; deprecated (6.3)
        samples = read_json(body, list[Raw])
        return Page(resource, groups=[SampleGroup("", b"", samples)] if samples else [], body_bytes=len(body))
    answer = read_json(body, _Grouped)
    groups = [
        SampleGroup(provider, bytes(one.source), one.data)
        for provider, of_provider in answer.groups.items()
        for one in of_provider
        if one.data
    ]
    return Page(resource, groups=groups, next_cursor=answer.cursor, body_bytes=len(body))
