"""Who measured: the source of a body, in both payload generations (domain file, 1.2 and 3.7)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from streams.events import ids
from streams.events.text import ID_CHARS_MAX
from streams.payloads.values import canonical, short_id, short_text

UNKNOWN = "unknown"


class Source(NamedTuple):
    """Who measured (3.7). Provider and type are `unknown` where the body says nothing."""

    provider: str = UNKNOWN
    type: str = UNKNOWN
    app_id: str | None = None
    device_id: str | None = None
    workout_id: str | None = None
    sport: str | None = None


class SourceShape(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The current shape of `source`, for quick readers; name, slug and logo went with it until September 2026."""

    provider: str
    type: str | None = None
    app_id: str | None = None
    device_id: str | None = None
    workout_id: str | None = None
    sport: str | None = None
    name: str | None = None
    slug: str | None = None
    logo: str | None = None

    def read(self) -> Source | None:
        """The source; None where a part of it does not fit, which is for the tolerant reader to say."""
        device_id, workout_id = ids.canonical(self.device_id or ""), ids.canonical(self.workout_id or "")
        parts = (self.app_id or None, device_id or None, workout_id or None, self.sport or None)
        kind = self.type or UNKNOWN
        fit = 0 < len(self.provider) <= ID_CHARS_MAX and len(kind) <= ID_CHARS_MAX
        if not fit or any(part is not None and len(part) > ID_CHARS_MAX for part in parts):
            return None
        return Source(self.provider, kind, *parts)


def read_source(data: Mapping[str, Any], problems: list[str]) -> Source:
    """Who measured, from whichever generation: `source`, its old trio, `provider`, or the flat `source_*` names."""
    given = data.get("source")
    at: Mapping[str, Any] = given if type(given) is dict else {}
    provider = (
        short_text(at.get("provider"))
        or short_text(at.get("slug"))
        or provider_slug(data.get("provider"))
        or short_text(data.get("source_provider"))
    )
    if provider is None:
        problems.append("$.data.source.provider: missing")
    return Source(
        provider or UNKNOWN,
        short_text(at.get("type")) or short_text(data.get("source_type")) or UNKNOWN,
        short_text(at.get("app_id")) or short_text(data.get("source_app_id")),
        short_id(at.get("device_id")) or short_id(data.get("source_device_id")),
        short_id(at.get("workout_id")),
        provider_slug(at.get("sport")),
    )


_SOURCE_NAMES = frozenset({*Source._fields, "name", "slug", "logo"})


def unknown_source(data: Mapping[str, Any]) -> dict[str, Any]:
    """`{"source": {...}}` with the names of the source object that have no place in `Source`; {} if there are none."""
    given = data.get("source")
    if type(given) is not dict or given.keys() <= _SOURCE_NAMES:
        return {}
    rest = {name: value for name, value in given.items() if name not in _SOURCE_NAMES and value is not None}
    return {"source": canonical(rest)} if rest else {}


def provider_slug(value: Any) -> str | None:
    """A provider as text (errors, history, devices) or as `{name, slug, logo}` (connections, old data events); None for
    anything else. A sport has the same two forms."""
    return short_text(value.get("slug") if type(value) is dict else value)
