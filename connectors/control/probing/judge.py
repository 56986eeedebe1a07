"""What a tried way means, in lines: what is right, what to look at, what is wrong, and how to mend it. Pure."""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from connectors.control.probing.reading import ProbeAnswer, ProbeFailed, ProbeFault, ProbeSilent, SeenCertificate
from connectors.control.probing.trial import Culprit, ProbeTrial
from streams.events import DAY_S, SECOND_US, times
from streams.ops import addresses
from streams.ops.clocks import clock
from streams.ops.lines import Line, look_at, ok, silent, size, wrong

_CERTIFICATE_S = 21 * DAY_S  # one of 90 days is usually renewed 30 before its end
_CERTIFICATE_FEW_S = 3 * DAY_S
_SLOW_S = 5.0


class Expected(NamedTuple):
    """`fingerprints`: of the secrets that the gateway's file holds, the newest first; empty where nobody knows.

    `is_public`: whether Junction comes this way. `now_s`: Unix seconds. `tolerance_s`: see `clocks.clock`.
    """

    fingerprints: tuple[str, ...]
    is_public: bool
    now_s: float
    tolerance_s: float


def lines_of(trial: ProbeTrial, expected: Expected) -> list[Line]:
    """In the order of the way."""
    found = [*_of_hosts(trial, expected)]
    if trial.answers:
        found += _of_answer(trial.answers[0], trial, expected)
    if trial.failure:
        found.append(_of_failure(trial, trial.failure))
    elif trial.answers:
        sizes = " and ".join(size(answer.body_bytes) for answer in trial.answers)
        found.append(ok("body", f"{sizes} of odd bytes come through as they were sent"))
    return found


def _of_hosts(trial: ProbeTrial, expected: Expected) -> Iterator[Line]:
    if not trial.hosts:
        return
    shown = ", ".join(trial.hosts[:4])
    host = urlsplit(trial.url).hostname or ""
    hidden = [one for one in trial.hosts if not _is_global(one)]
    if expected.is_public and hidden and not addresses.is_loopback(host):
        change = "the name has to lead to a public address for Junction; right where this network has a DNS of its own"
        yield look_at("name", f"{host} is {shown} from here, which nobody outside reaches", change)
    elif host not in trial.hosts:
        yield ok("name", f"{host} is {shown}")


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return True


def _of_answer(answer: ProbeAnswer, trial: ProbeTrial, expected: Expected) -> Iterator[Line]:
    yield from _of_certificate(answer.certificate, trial.url, expected.now_s)
    yield _of_gateway(answer, trial)
    yield from _of_secrets(answer, expected.fingerprints)
    yield clock("the gateway", answer.clock_ms, answer.ours_ms, grain_ms=1, tolerance_s=expected.tolerance_s)
    if answer.took_s > _SLOW_S:
        change = "Junction gives up after 15 s: look at the way in between"
        yield look_at("way", f"an answer took {answer.took_s:.1f} s", change)


def _of_certificate(seen: SeenCertificate | None, url: str, now_s: float) -> Iterator[Line]:
    if seen is None:
        if url.startswith("https:"):
            yield look_at("certificate", "its end could not be seen", "look at it in a browser")
        return
    left_s, life_s = seen.ends_s - now_s, seen.ends_s - seen.begins_s
    found = f"ends {times.text(int(seen.ends_s) * SECOND_US)[:10]}, in {left_s / DAY_S:.0f} days"
    change = "look why it is not renewed: from its end on Junction delivers nothing, and gives up after 27 hours"
    if left_s < min(_CERTIFICATE_FEW_S, life_s / 10):
        yield wrong("certificate", found, change)
    elif left_s < min(_CERTIFICATE_S, life_s / 4):
        yield look_at("certificate", found, change)
    else:
        yield ok("certificate", found)


def _of_gateway(answer: ProbeAnswer, trial: ProbeTrial) -> Line:
    many = f", one of {answer.processes} processes" if answer.processes > 1 else ""
    found = f"{answer.instance}{many}, version {answer.version}, answers in {answer.took_s * 1000:.0f} ms"
    if not answer.is_ready:
        change = "Kafka is away from it, or it stops: its /readyz says what; docs/runbook/gateway-503.md"
        return wrong("gateway", f"{found}, and answers deliveries 503", change)
    return ok("gateway", found)


def _of_secrets(answer: ProbeAnswer, expected: Sequence[str]) -> Iterator[Line]:
    theirs = ", ".join(answer.fingerprints)
    if not expected or tuple(expected) == answer.fingerprints:
        yield ok("secret", f"{answer.fingerprint} is taken; the gateway has {theirs}")
        return
    missing = [one for one in expected if one not in answer.fingerprints]
    more = [one for one in answer.fingerprints if one not in expected]
    if missing:
        change = "it reads its file every 2 s: is it the same file there? Its log says `secrets_not_taken` and why"
        yield wrong("secret", f"the gateway has {theirs}, and not {', '.join(missing)}", change)
    elif more:
        change = "it takes more than the file says: is that file the one it reads?"
        yield look_at("secret", f"the gateway has {theirs}, of which the file lacks {', '.join(more)}", change)
    else:
        yield look_at("secret", f"the gateway has {theirs}", f"the file has another order: {', '.join(expected)}")


def _of_failure(trial: ProbeTrial, failure: ProbeFailed | ProbeSilent) -> Line:
    if trial.culprit is not None:
        where = addresses.shown(trial.url)
        about, found, change = _of_culprit(trial.culprit, where, trial)
        return wrong(about, found, change)
    sentence = str(failure)
    if trial.answers:
        sentence = f"{size(trial.answers[-1].body_bytes)} come through, {size(trial.failed_bytes)} do not: {sentence}"
    about = _ABOUT.get(failure.fault, "way")
    return silent(about, sentence) if isinstance(failure, ProbeSilent) else wrong(about, sentence, "")


_ABOUT = {
    ProbeFault.NAME: "name",
    ProbeFault.CERTIFICATE: "certificate",
    ProbeFault.TLS: "certificate",
    ProbeFault.SIZE: "body",
}


def _of_culprit(culprit: Culprit, where: str, trial: ProbeTrial) -> tuple[str, str, str]:
    """(about, found, change)."""
    if culprit is Culprit.BODY:
        done = "a plain body is taken" if not trial.answers else f"one of {size(trial.answers[0].body_bytes)} is taken"
        return (
            "body",
            f"on the way to {where} bodies are changed: {done}, one of {size(trial.failed_bytes)} of odd bytes is not",
            "the proxy, firewall or function there has to hand bytes on as they are: no reading and writing of JSON, "
            "no conversion of text, no filter",
        )
    if culprit is Culprit.HEADERS:
        return (
            "headers",
            f"on the way to {where} headers svix-* are taken away or changed: under the names webhook-* it is taken",
            "have the proxy there hand on svix-id, svix-timestamp and svix-signature",
        )
    if culprit is Culprit.CLOCK:
        way = "ahead of" if trial.ahead_s > 0 else "behind"
        return (
            "clock",
            f"the gateway's clock is about {abs(trial.ahead_s) // 60} min {way} this machine's, and so it refuses all "
            "that is signed now",
            "look whether NTP runs on that machine and on this one (`timedatectl`)",
        )
    return (
        "secret",
        f"{where} answers 401: no secret of endpoint {trial.name} there is the one that signed, or there is no such "
        "endpoint",
        "compare fingerprints: `junction-streams secrets` on the gateway's host, and its STREAMS_ENDPOINTS. If they "
        "are alike, a proxy on the way changes every body, or all headers: probe the gateway itself with --url",
    )
