"""What an answer to a probe means: a gateway of ours that says who it is, or what is in the way, and how to mend it.

Pure. Each sentence names what was seen and what to change; none holds a secret or what a stranger's answer says.
"""

import ssl
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from connectors.webhook import replies
from connectors.webhook.secret_use import SecretRow
from streams.events import probe
from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable

_PROCESSES_DIGITS, _CLOCK_DIGITS = 4, 15  # each process is asked for; a clock is Unix milliseconds
_TEXT_CHARS_MAX = 128  # of a header of an answer, which a stranger may have written


class ProbeFault(StrEnum):
    """What stood in a probe's way."""

    NAME = "name"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    TLS = "tls"
    TIME = "time"
    REDIRECT = "redirect"
    LOGIN = "login"
    ADDRESS = "address"
    PATH = "path"
    SIZE = "size"
    BEHIND = "behind"
    SIGNATURE = "signature"
    NOT_OURS = "not ours"
    OTHER = "other"


class ProbeFailed(Misconfigured):
    """A person has to mend something on the way; the text says what."""

    def __init__(self, fault: ProbeFault, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = fault


class NotTaken(ProbeFailed):
    """The constant 401: signature, body or clock; which of them is not said to anybody."""


class ProbeSilent(Unavailable):
    """Nobody answered, or who did said that it does not work now."""

    def __init__(self, fault: ProbeFault, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = fault


class SeenCertificate(NamedTuple):
    """Unix seconds, as it says."""

    begins_s: float
    ends_s: float


class ProbeAnswer(NamedTuple):
    """What a gateway said. `fingerprint`: of the secret that fitted; `fingerprints`: of all, the newest first.

    `instance`: of `processes` that share the port, which one. `clock_ms`: its own, read between `ours_ms`. `took_s`:
    the whole probe. `uses`: what each secret verified of deliveries, in that process.
    """

    status: int
    instance: str
    processes: int
    version: str
    fingerprint: str
    fingerprints: tuple[str, ...]
    uses: tuple[SecretRow, ...]
    is_ready: bool
    clock_ms: int
    ours_ms: tuple[float, float]
    body_bytes: int
    certificate: SeenCertificate | None = None

    @property
    def took_s(self) -> float:
        return (self.ours_ms[1] - self.ours_ms[0]) / 1000

    @property
    def skew_s(self) -> float:
        """How far the gateway's clock is ahead of ours, at best half of `took_s` exact."""
        return (self.clock_ms - sum(self.ours_ms) / 2) / 1000


class HttpSeen(NamedTuple):
    """An answer as it came. `headers`: names in lower case. `body`: its begin. `ours_ms`: before and after, Unix ms."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ours_ms: tuple[float, float]
    certificate: SeenCertificate | None = None


def answer_of(seen: HttpSeen, url: str, name: str, body_bytes: int) -> ProbeAnswer:
    """Raises NotTaken, ProbeFailed, ProbeSilent."""
    if not 200 <= seen.status < 300:
        raise _refused(seen, url, name, body_bytes)
    try:
        return _said(seen, name, body_bytes)
    except (KeyError, ValueError):
        raise ProbeFailed(
            ProbeFault.NOT_OURS,
            f"{addresses.shown(url)} answers HTTP {seen.status} without a gateway's headers: what answers there is "
            "none of this product, or an older one, and takes events that nobody stores; or a proxy takes the headers "
            "junction-streams-* off answers. Look where the URL leads, and let the proxy hand them on",
        ) from None


def _said(seen: HttpSeen, name: str, body_bytes: int) -> ProbeAnswer:
    """Raises KeyError, ValueError for what no gateway says."""
    said = {header: seen.headers[header][:_TEXT_CHARS_MAX] for header in (probe.H_INSTANCE, probe.H_PROGRAM)}
    prints = tuple(seen.headers[probe.H_SECRETS].split(","))
    if not all(map(_is_print, (*prints, seen.headers[probe.H_SECRET]))):
        raise ValueError("no fingerprints")
    return ProbeAnswer(
        status=seen.status,
        instance=said[probe.H_INSTANCE],
        processes=_number(seen.headers[probe.H_PROCESSES], _PROCESSES_DIGITS),
        version=said[probe.H_PROGRAM],
        fingerprint=seen.headers[probe.H_SECRET],
        fingerprints=prints,
        uses=_rows(prints, probe.read_uses(seen.headers[probe.H_USES]), name),
        is_ready=seen.headers[probe.H_READY] == probe.YES,
        clock_ms=_number(seen.headers[probe.H_CLOCK], _CLOCK_DIGITS),
        ours_ms=seen.ours_ms,
        body_bytes=body_bytes,
        certificate=seen.certificate,
    )


def _rows(prints: tuple[str, ...], uses: tuple[probe.ProbedUse, ...], name: str) -> tuple[SecretRow, ...]:
    made = enumerate(zip(prints, uses, strict=True))
    return tuple(SecretRow(name, position, fingerprint, "", *use) for position, (fingerprint, use) in made)


def _number(text: str, digits_max: int) -> int:
    """Raises ValueError for what is none, or longer: a stranger's answer may have any."""
    if len(text) > digits_max or not (text.isascii() and text.isdigit()):
        raise ValueError("no number of a gateway")
    return int(text)


def _is_print(text: str) -> bool:
    return len(text) == 8 and set(text) <= set("0123456789abcdef")


def _refused(seen: HttpSeen, url: str, name: str, body_bytes: int) -> ProbeFailed | ProbeSilent:
    where, status = addresses.shown(url), seen.status
    known = {reply.status: reply for reply in replies.REPLIES if reply.body}
    is_ours = status in known and seen.body == known[status].body
    if 300 <= status < 400:
        return ProbeFailed(ProbeFault.REDIRECT, f"{where} answers HTTP {status} and sends {_target(seen, url)}")
    if status == replies.REFUSED.status:
        return _unauthorized(seen, where, name, is_ours=is_ours)
    if status >= 500:
        return _behind(status, where, is_ours=is_ours)
    fault, sentence = _SENTENCES.get((status, is_ours), (ProbeFault.OTHER, _ODD))
    return ProbeFailed(fault, f"{where} answers HTTP {status}: {sentence.format(name=name, size=f'{body_bytes:,}')}")


def _target(seen: HttpSeen, url: str) -> str:
    """The rest of a sentence about a redirect."""
    target = seen.headers.get("location", "")
    there = addresses.shown(target) if "://" in target else addresses.shown(url)
    slash = urlsplit(target).path.rstrip("/") == urlsplit(url).path.rstrip("/")
    what = f"to {there}" + (
        ", with another slash at the end of the path" if slash and there == addresses.shown(url) else ""
    )
    return f"{what}: Junction follows no redirect, and counts it as a failure. Give Junction the URL at which it ends"


def _unauthorized(seen: HttpSeen, where: str, name: str, *, is_ours: bool) -> ProbeFailed:
    if "www-authenticate" in seen.headers:
        return ProbeFailed(
            ProbeFault.LOGIN,
            f"{where} asks for a login before the gateway (HTTP 401): let /webhooks/{name} through, or give Junction "
            'the header: headers = { "Authorization" = { env = "..." } } in webhooks.toml',
        )
    if not is_ours:
        return ProbeFailed(
            ProbeFault.NOT_OURS,
            f"{where} answers HTTP 401, and not as a gateway does: something before it asks who we are. Let "
            f"/webhooks/{name} through there; signatures are the login",
        )
    return NotTaken(ProbeFault.SIGNATURE, f"{where} answers 401, as the gateway does to whoever has no right signature")


def _behind(status: int, where: str, *, is_ours: bool) -> ProbeFailed | ProbeSilent:
    if is_ours:
        return ProbeSilent(
            ProbeFault.BEHIND, f"the gateway behind {where} is busy (HTTP {status}): try again; its log says with what"
        )
    return ProbeSilent(
        ProbeFault.BEHIND,
        f"{where} answers HTTP {status}, and not as a gateway does: the proxy there reaches none. Is the gateway "
        "running, and does the proxy have its address?",
    )


_ODD = "no gateway answers so. Look what stands at this URL"
_SENTENCES: Mapping[tuple[int, bool], tuple[ProbeFault, str]] = {
    (403, True): (
        ProbeFault.ADDRESS,
        "this address is in none of the networks of STREAMS_GATEWAY_ALLOWED_NETWORKS. Add the network from which you "
        "probe, or those of the proxy to STREAMS_TRUSTED_PROXIES",
    ),
    (403, False): (
        ProbeFault.NOT_OURS,
        "something before the gateway refuses it, such as a web application firewall. Let POST /webhooks/{name} "
        "through there, whatever its body: signatures are the filter",
    ),
    (404, True): (
        ProbeFault.PATH,
        "a gateway is there, at another path. The path is /webhooks/{name}: does a proxy take a part of it away?",
    ),
    (404, False): (
        ProbeFault.PATH,
        "what answers is no gateway. Let the proxy there hand /webhooks/{name} on, with the same path",
    ),
    (405, False): (ProbeFault.NOT_OURS, "what answers is no gateway: it takes no POST. Look where the URL leads"),
    (408, True): (ProbeFault.TIME, "the body of {size} bytes came too slowly. Look at the way in between"),
    (413, True): (
        ProbeFault.SIZE,
        "the gateway takes no body of {size} bytes. Raise STREAMS_BODY_BYTES_MAX: Junction's events have up to 16 MiB",
    ),
    (413, False): (
        ProbeFault.SIZE,
        "a proxy takes no body of {size} bytes. Raise its limit to 16 MiB (nginx: client_max_body_size 16m)",
    ),
}

# OpenSSL's codes of a certificate that cannot be verified (x509_vfy.h).
_CERTIFICATES: Mapping[int, str] = {
    9: "is not valid yet: look at the clock of this machine, or at the certificate",
    10: "has ended: renew it, and have the proxy read it again",
    18: "is signed by itself: Junction takes those of public authorities alone",
    19: "is of an authority that nobody knows: Junction takes those of public authorities alone",
    20: "is of an authority that is not known here: does the server send the intermediate certificates with it (the "
    "whole chain, `fullchain.pem`)? One of a private authority Junction does not take",
    21: "cannot be followed to an authority: have the server send the intermediate certificates with it "
    "(`fullchain.pem`)",
    62: "is for another name: get one for this host, or give Junction the host that it names",
    64: "is for another address: get one for it, or use a name",
}


def of_certificate(error: ssl.SSLCertVerificationError, url: str) -> ProbeFailed:
    """Why the certificate of a URL is not taken."""
    why = _CERTIFICATES.get(error.verify_code, f"cannot be verified (OpenSSL's code {error.verify_code})")
    return ProbeFailed(ProbeFault.CERTIFICATE, f"the certificate of {addresses.shown(url)} {why}")


def of_error(error: BaseException, url: str) -> ProbeFailed | ProbeSilent:
    """What an error on the way means; by what caused it, as clients wrap it."""
    where, causes = addresses.shown(url), list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return of_certificate(cause, url)
        if isinstance(cause, ssl.SSLError):
            said = "speaks no TLS there, or none that is still allowed (TLS 1.2 or newer): is it the right port?"
            return ProbeFailed(ProbeFault.TLS, f"{where} {said}")
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return ProbeSilent(
            ProbeFault.TIME,
            f"{where} gave no whole answer in time. Junction waits 15 s: look for a firewall that drops packets",
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return ProbeSilent(
            ProbeFault.CONNECTION,
            f"nobody listens at {where}: is the gateway, or the proxy before it, running there?",
        )
    return ProbeSilent(
        ProbeFault.CONNECTION,
        f"the connection to {where} broke off ({type(error).__name__}). Look at what stands between",
    )


def _causes(error: BaseException | None) -> "list[BaseException]":
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
