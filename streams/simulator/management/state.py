"""All that the fake has: for each team and environment an app of Svix with its endpoints."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.events import message_ids
from streams.simulator.management import rules
from streams.simulator.management.endpoint import SvixEndpoint, new_id, new_secret
from streams.simulator.management.messages import SvixMessage
from streams.simulator.management.options import ManagementOptions, WallClock

FIELDS = ("url", "description", "rate_limit", "disabled", "filter_types")


class NoSuch(Exception):
    """No such app, endpoint or message: a 404."""


@dataclass(slots=True)
class SvixApp:
    """Of one team in one environment."""

    id: str
    endpoints: dict[str, SvixEndpoint] = field(default_factory=dict)
    messages: dict[str, SvixMessage] = field(default_factory=dict, repr=False)

    def endpoint(self, id: str) -> SvixEndpoint:
        """Raises NoSuch."""
        if id not in self.endpoints:
            raise NoSuch
        return self.endpoints[id]

    def message(self, id: str) -> SvixMessage:
        """Raises NoSuch."""
        if id not in self.messages:
            raise NoSuch
        return self.messages[id]

    def missing(self, endpoint: SvixEndpoint, since_s: float, until_s: float) -> list[str]:
        """Messages made between the two times that the endpoint's filter takes and nobody has tried to send it."""
        log, wanted = endpoint.log, endpoint.filter_types
        return [
            one.id
            for one in sorted(self.messages.values(), key=lambda message: message.id)
            if since_s <= one.created_s < until_s
            and (wanted is None or one.event_type in wanted)
            and not log.of(one.id)
            and one.id not in log.pending
        ]


class SvixState:
    """`clock`: Unix seconds. Teams need not be made: whoever is asked for is there, with nothing in it."""

    def __init__(self, options: ManagementOptions | None = None, clock: WallClock = time.time) -> None:
        self.options, self.clock = options or ManagementOptions(), clock
        self.apps: dict[str, SvixApp] = {}

    def app(self, team_id: str, environment: str) -> SvixApp:
        id = app_id(team_id, environment)
        return self.apps.setdefault(id, SvixApp(id))

    def attempted(self, app: SvixApp) -> Iterator[tuple[str, float]]:
        """What came of each attempt (`success`, `fail`), and when it was made, Unix seconds."""
        for endpoint in app.endpoints.values():
            for attempt in endpoint.log.attempts:
                yield "success" if attempt.is_success else "fail", attempt.made_s

    def add(self, app: SvixApp, fields: dict[str, object], secret: str | None) -> SvixEndpoint:
        """A new endpoint. `fields`: some of FIELDS. Raises Broken."""
        now_s = self.clock()
        key = new_secret() if secret is None else rules.whole_secret(secret)
        endpoint = SvixEndpoint(new_id("ep_", now_s), "", now_s, key)
        self.change(endpoint, fields)
        app.endpoints[endpoint.id] = endpoint
        return endpoint

    def change(self, endpoint: SvixEndpoint, fields: dict[str, object]) -> None:
        """All of them or none. `fields`: some of FIELDS; None takes a limit or a filter away. Raises Broken."""
        self._check(fields)
        if fields.get("disabled") is False:
            endpoint.first_failure_s = None
        for name, value in fields.items():
            setattr(endpoint, "is_disabled" if name == "disabled" else name, _kept(value))
        endpoint.updated_s = self.clock()

    def _check(self, fields: dict[str, object]) -> None:
        match fields:
            case {"url": str(url)}:
                rules.check_url(url)
        match fields:
            case {"description": str(text)}:
                rules.check_description(text)
        match fields:
            case {"rate_limit": int(rate)}:
                rules.check_rate(rate)
        match fields:
            case {"filter_types": list(names)}:
                rules.check_types(names, self.options.known_types)


def _kept(value: object) -> object:
    return tuple(sorted(set(value))) if isinstance(value, list) else value


def app_id(team_id: str, environment: str) -> str:
    """Always the same for the same place."""
    digest = hashlib.blake2b(f"{team_id}/{environment}".encode(), digest_size=15).digest()
    return "app_" + message_ids.new_message_id(1_750_000_000_000, digest).removeprefix("msg_")
