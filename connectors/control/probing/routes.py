"""Which ways are to be probed, with which secret: of an endpoint its public URL, and each gateway behind it."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from connectors.control import signing_secret
from connectors.control.file import WantedEndpoint, url_problem
from connectors.control.probing.judge import Expected, lines_of
from connectors.control.probing.trial import ProbeRoute, try_routes
from connectors.webhook import secret_files
from streams.events.signature import Keyring
from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.ops.lines import Line
from streams.ops.settings import Settings


class ProbeWay(NamedTuple):
    """`label`: which way it is, for a person. `is_public`: Junction's own."""

    label: str
    route: ProbeRoute
    fingerprints: tuple[str, ...]
    is_public: bool


def ways_of(wanted: WantedEndpoint, settings: Settings) -> list[ProbeWay]:
    """The public URL, then each gateway. Raises Misconfigured where no secret is known here."""
    texts = secrets_here(wanted.name, wanted.secret_file, settings)
    prints, newest = Keyring.parse(texts, any_length=True).fingerprints, SecretStr(_signing(texts, wanted.name))
    public = ProbeWay(wanted.name, ProbeRoute(wanted.url, wanted.name, newest, wanted.headers), prints, True)
    behind = (
        ProbeWay(
            addresses.shown(base), ProbeRoute(f"{base}/webhooks/{wanted.name}", wanted.name, newest), prints, False
        )
        for base in wanted.gateways
    )
    return [public, *behind]


def moved(wanted: WantedEndpoint, url: str) -> WantedEndpoint:
    """The endpoint at another URL, without its gateways. Raises Misconfigured for what is no URL."""
    if problem := url_problem(url):
        raise Misconfigured(f"--url: {': '.join(problem)}")
    return replace(wanted, url=url, gateways=())


def secrets_here(name: str, file: Path | None, settings: Settings) -> list[str]:
    """The secrets of an endpoint as the gateway reads them, newest first. Raises Misconfigured without their text."""
    if file is not None:
        signing_secret.first(file)  # refuses what is none, and a file that others can read
        return secret_files.read(file)
    if name in settings.endpoints:
        return secret_files.secrets_of(settings, name)
    raise Misconfigured(
        f"no secret of endpoint {name} is known here, so nothing could be signed: set secret_file in "
        f"[endpoint.{name}] of webhooks.toml, or STREAMS_ENDPOINTS as the gateway has it"
    )


def _signing(texts: Iterable[str], name: str) -> str:
    """The newest that signs: a public key verifies alone."""
    found = next((text for text in texts if not text.startswith("whpk_")), None)
    if found is None:
        raise Misconfigured(f"endpoint {name} has public keys alone (whpk_), with which nobody here can sign a probe")
    return found


async def look(ways: list[ProbeWay], settings: Settings) -> list[Line]:
    """All ways side by side, in their order; each line names its way where there are several."""
    trials = await try_routes([way.route for way in ways])
    tolerance_s, now_s = settings.signature_tolerance_s, time.time()
    found = []
    for way, trial in zip(ways, trials, strict=True):
        lines = lines_of(trial, Expected(way.fingerprints, way.is_public, now_s, tolerance_s))
        found += lines if len(ways) == 1 else list(_labelled(way.label, lines))
    return found


def _labelled(label: str, lines: Iterable[Line]) -> Iterator[Line]:
    return (line._replace(found=f"{label}: {line.found}") for line in lines)
