"""With the dashboard alone: what a person does there, and what can be seen of its effect from here.

Junction's dashboard shows Svix's portal of the team. What nobody without a key can see (filters, limits, headers) is
said to be so; what a probe sees is looked at: the way, the secret, and whether a delivery has come that it proved.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

from connectors.control import globs, tag
from connectors.control.file import Everything, WantedEndpoint
from connectors.control.probing.judge import Expected, lines_of
from connectors.control.probing.routes import ways_of
from connectors.control.probing.trial import ProbeTrial, try_route
from streams.events import SECOND_US, times
from streams.ops.errors import Misconfigured
from streams.ops.lines import Line, look_at, ok, wrong
from streams.ops.settings import Settings

DESCRIPTION = "Webhooks to Kafka"
_NAMES_MAX = 12


class GuidedStep(NamedTuple):
    """`does`: what a person does, a line each. `seen`: how its effect is checked."""

    title: str
    does: tuple[str, ...]
    seen: str


def steps(wanted: WantedEndpoint, environment: str) -> tuple[GuidedStep, ...]:
    """From nothing to an endpoint that delivers. Values of headers are not said: they may be secret."""
    place = "the file that STREAMS_ENDPOINTS names" if wanted.secret_file is None else str(wanted.secret_file)
    return (
        GuidedStep("Make the endpoint", tuple(_making(wanted, environment)), "a probe of its URL finds a gateway"),
        GuidedStep(
            "Copy its signing secret (whsec_...) to the gateway",
            (f"as the first line of {place}, for its user alone: chmod 600",),
            "a probe is signed with it, and the gateway takes it",
        ),
        GuidedStep(
            "Send an example",
            ("in the endpoint's Testing tab: any event type, Send Example",),
            "the gateway has verified a delivery with that secret",
        ),
    )


def _making(wanted: WantedEndpoint, environment: str) -> Iterator[str]:
    yield f"https://app.junction.com, your team, {environment}: Webhooks, Add Endpoint"
    yield f"Endpoint URL: {wanted.url}"
    yield f"Description: {tag.tagged(DESCRIPTION, wanted.name)}   (by its end a management key finds it later)"
    yield f"Event types: {_events(wanted)}"
    if wanted.rate_limit is not None:
        yield f"Advanced, rate limit: {wanted.rate_limit} per second"
    if wanted.headers:
        yield f"Advanced, custom headers: {', '.join(sorted(wanted.headers))}, with the values of webhooks.toml"
    if not wanted.is_enabled:
        yield "Disable it: webhooks.toml says enabled = false"


def _events(wanted: WantedEndpoint) -> str:
    """The shorter of what is ticked and what is not."""
    if isinstance(wanted.events, Everything):
        return "tick none, so that all come, and those of tomorrow, too"
    types, known = set(wanted.filter_types or ()), set(globs.expand(["*"]))
    out = known - types
    names = sorted(types if len(types) <= len(out) else out)
    shown = ", ".join(names[:_NAMES_MAX])
    rest = f" and {len(names) - _NAMES_MAX} more, by {', '.join(wanted.events)}" if len(names) > _NAMES_MAX else ""
    return f"tick {'these' if len(types) <= len(out) else 'all but'}: {shown}{rest} (a new type will not come)"


async def look(wanted: WantedEndpoint, settings: Settings) -> list[Line]:
    """What can be seen of the steps, in their order."""
    try:
        way = ways_of(wanted, settings)[0]
    except Misconfigured as error:
        return [wrong("secret", f"nothing can be signed: {_first_sentence(error, wanted)}", _COPY)]
    newest = way.fingerprints[0]
    found = ok("file", f"secret {newest} is the newest here; the dashboard has no fingerprint to compare")
    trial = await try_route(way.route)
    expected = Expected(way.fingerprints, way.is_public, time.time(), settings.signature_tolerance_s)
    return [found, *lines_of(trial, expected), *_delivery(trial, newest)]


_COPY = "do the first two steps: the dashboard shows the secret (whsec_...) on the endpoint's page"


def _first_sentence(error: Misconfigured, wanted: WantedEndpoint) -> str:
    """For a file that is not there yet, without the command that makes a secret: here the dashboard has made one."""
    is_absent = wanted.secret_file is not None and not wanted.secret_file.exists()
    return f"there is no {wanted.secret_file} yet" if is_absent else str(error)


def _delivery(trial: ProbeTrial, newest: str) -> Iterator[Line]:
    """Whether Junction's secret is the one here: only its own delivery says so."""
    if not trial.answers:
        return
    uses = [row for answer in trial.answers for row in answer.uses if row.endpoint == trial.name and row.verified]
    if not uses:
        yield look_at(
            "delivery",
            f"none has come since {trial.answers[0].instance} was started, so Junction's secret is not proved yet",
            "Junction's dashboard, Webhooks, the endpoint, Testing: Send Example; then run this again",
        )
        return
    last = max(uses, key=lambda row: row.last_used_s)
    when = times.text(int(last.last_used_s) * SECOND_US)
    if last.fingerprint == newest:
        yield ok("delivery", f"the last one came {when}, and was signed with {last.fingerprint}: Junction has it")
    else:
        change = "has the secret been turned on one side alone? Copy it again from the dashboard"
        yield look_at("delivery", f"the last one came {when}, signed with {last.fingerprint}, not {newest}", change)
