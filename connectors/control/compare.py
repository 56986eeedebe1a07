"""What differs between an endpoint as it is wanted and as Junction has it, field by field, without a secret. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from connectors.control.file import WantedEndpoint
from connectors.junction.webhook_api import Webhook, WebhookHeaders
from streams.ops import addresses
from streams.ops.lines import some

ENABLED, EVENTS, RATE, URL = "enabled", "events", "rate_limit", "url"
HEADER = "headers."
ABSENT, ANOTHER, SECRET = "absent", "another value", "a secret value"  # because it is a word for people
EVERYTHING = "everything"


class FieldChange(NamedTuple):
    """`before`, `after`: values that people and plans may see. `headers.NAME` is one header."""

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.field == EVENTS:
            return f"{EVENTS}: {_events(self.before, self.after)}"
        return f"{self.field}: {_words(self.before)} → {_words(self.after)}"


def differences(
    wanted: WantedEndpoint, there: Webhook, headers: WebhookHeaders, types: tuple[str, ...] | None
) -> tuple[FieldChange, ...]:
    """What has to change; nothing where all is as wanted. `types`: what comes, None for everything."""
    found = [] if there.url == wanted.url else [FieldChange(URL, shown_url(there.url), shown_url(wanted.url))]
    if _sorted(there.filter_types) != _sorted(types):
        found.append(FieldChange(EVENTS, _sorted(there.filter_types), _sorted(types)))
    if there.rate_limit != wanted.rate_limit:
        found.append(FieldChange(RATE, there.rate_limit, wanted.rate_limit))
    if there.is_disabled == wanted.is_enabled:
        found.append(FieldChange(ENABLED, not there.is_disabled, wanted.is_enabled))
    return (*found, *_headers(wanted, headers))


def hidden(wanted: WantedEndpoint, headers: WebhookHeaders) -> tuple[str, ...]:
    """Names of wanted headers whose values Junction hides: they are there, and no more is known."""
    names = {name.lower() for name in headers.hidden}
    return tuple(sorted(name for name in wanted.headers if name.lower() in names))


def _headers(wanted: WantedEndpoint, there: WebhookHeaders) -> Iterator[FieldChange]:
    """By name, whatever its case (RFC 9110, 5.1). Junction's values are never shown: any may be a token."""
    known = {name.lower(): value for name, value in there.values.items()}
    names = {name.lower(): name for name in (*there.values, *there.hidden)}
    for name, value in sorted(wanted.headers.items()):
        low = name.lower()
        after = value.get_secret_value() if name in wanted.plain_headers else SECRET
        if low not in names:
            yield FieldChange(f"{HEADER}{name}", ABSENT, after)
        elif low in known and known[low] != value:
            yield FieldChange(f"{HEADER}{name}", ANOTHER, after)
    for low in sorted(names.keys() - {name.lower() for name in wanted.headers}):
        yield FieldChange(f"{HEADER}{names[low]}", "some value", ABSENT)


def shown_url(url: str) -> str:
    """Without a login and a query: a URL that somebody typed into the dashboard may have a token in it."""
    return addresses.shown(url, has_path=True)


def _sorted(types: tuple[str, ...] | None) -> list[str] | None:
    return None if types is None else sorted(set(types))


def _words(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _events(before: list[str] | str | None, after: list[str] | str | None) -> str:
    if not isinstance(before, list) or not isinstance(after, list):
        return f"{_count(before)} → {_count(after)}"
    new, gone = sorted({*after} - {*before}), sorted({*before} - {*after})
    parts = [f"{word} {some(names, 6)}" for word, names in (("also", new), ("no longer", gone)) if names]
    return f"{_count(before)} → {_count(after)}: {'; '.join(parts)}"


def _count(types: list[str] | str | None) -> str:
    if isinstance(types, str):
        return types
    return EVERYTHING if types is None else f"{len(types)} type{'s' * (len(types) != 1)}"
