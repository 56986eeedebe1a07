"""Addresses of other systems: which may be used without TLS, what of them may be shown, ids as parts of paths."""

import ipaddress
from urllib.parse import parse_qsl, quote, urlsplit

from streams.ops.errors import Misconfigured

ID_CHARS_MAX = 256
# Names that no public DNS has (RFC 6761, 6762, 8375; ICANN's `internal`; Kubernetes' services).
_PRIVATE = (".localhost", ".local", ".internal", ".home.arpa", ".svc", ".test")


def check(name: str, url: str, *, insecure: bool, why: str) -> None:
    """The rule for every URL that secrets or people's data are sent to: https, or a host of our own, or `insecure`.

    Raises Misconfigured. `name`: of the setting; `why`: what would be sent.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Misconfigured(f"{name} is no URL") from None
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise Misconfigured(f"{name} is no URL: it begins with https://, or with http:// and a host of your own")
    if parts.scheme == "http" and not insecure and not is_own(host):
        raise Misconfigured(
            f"{name} sends {why} in the clear to a host that may not be your own: use https://, or say that it may be "
            "(STREAMS_INSECURE=true)"
        )


def check_header(name: str, secret: str) -> None:
    """Raises Misconfigured for a secret that no header can hold: printable ASCII without spaces."""
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise Misconfigured(f"{name} holds a character that no token has")


def check_servers(bootstrap_servers: str) -> None:
    """Raises Misconfigured for what is no address: librdkafka would try it for ever, and aiokafka crash."""
    for server in filter(None, map(str.strip, bootstrap_servers.split(","))):
        try:
            parts = urlsplit(f"//{server}")
            is_address = bool(parts.hostname) and parts.port != 0 and parts.netloc == server
        except ValueError:
            is_address = False
        if not is_address or "@" in server:
            raise Misconfigured("STREAMS_BOOTSTRAP_SERVERS is not host:port,host:port, without a scheme")


def check_kafka(bootstrap_servers: str, mechanism: str) -> None:
    """Raises Misconfigured if a login at Kafka would go without TLS to a host that may not be our own."""
    what = "the password" if mechanism == "PLAIN" else "a token"
    for server in filter(None, bootstrap_servers.split(",")):
        if not is_own(urlsplit(f"//{server.strip()}").hostname or ""):
            raise Misconfigured(
                f"STREAMS_SASL_MECHANISM={mechanism} sends {what} in the clear to a host that may not be your own: use "
                "STREAMS_SECURITY_PROTOCOL=SASL_SSL or SCRAM, or say that it may be (STREAMS_INSECURE=true)"
            )


_TLS = ("require", "verify-ca", "verify-full")


def check_postgres(url: str, *, insecure: bool) -> None:
    """Raises Misconfigured if a database's URL is none, or if people's data would go without TLS to a host that may not
    be our own. No host, or a path, is a socket of this machine."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        hosts = [urlsplit(f"//{one}").hostname or "" for one in parts.netloc.rpartition("@")[2].split(",")]
        query = dict(parse_qsl(parts.query))
    except ValueError:
        raise Misconfigured("STREAMS_POSTGRES_URL is no URL") from None
    if parts.scheme not in ("postgresql", "postgres") or not url.isprintable() or " " in url:
        raise Misconfigured("STREAMS_POSTGRES_URL is no URL: it begins with postgresql://")
    hosts = query["host"].split(",") if "host" in query else hosts
    is_ours = all(not host or host.startswith("/") or is_own(host) for host in hosts)
    if query.get("sslmode") not in _TLS and not insecure and not is_ours:
        raise Misconfigured(
            "STREAMS_POSTGRES_URL may send a password and people's data in the clear to a host that is not your own: "
            "add ?sslmode=verify-full, or say that it may be (STREAMS_INSECURE=true)"
        )


def check_rabbitmq(url: str, *, insecure: bool) -> None:
    """Raises Misconfigured if a broker's URL is none, or if people's data would go without TLS to a host that may not
    be our own."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Misconfigured("STREAMS_RABBITMQ_URL is no URL") from None
    # An @ behind the host: a password that is not encoded ended it, and what stands before is no host.
    is_cut = "@" in url.partition("://")[2].removeprefix(parts.netloc)
    if parts.scheme not in ("amqp", "amqps") or not host or not url.isprintable() or " " in url or is_cut:
        raise Misconfigured(
            "STREAMS_RABBITMQ_URL is no URL: it is amqps://user:password@host/vhost, with / @ : # ? of the password "
            "percent-encoded"
        )
    if parts.scheme == "amqp" and not insecure and not is_own(host):
        raise Misconfigured(
            "STREAMS_RABBITMQ_URL sends a password and people's data in the clear to a host that may not be your own: "
            "use amqps://, or say that it may be (STREAMS_INSECURE=true)"
        )


def is_own(host: str) -> bool:
    """Whether a host is this machine or of a private network.

    Private: a name without dots (compose), a name that no public DNS has, an address of a private range.
    """
    name = host.lower().rstrip(".").partition("%")[0]
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and (("." not in name and not _is_number(name)) or name.endswith(_PRIVATE))
    return address.is_private or address.is_loopback or address.is_link_local


def _is_number(name: str) -> bool:
    # `http://134744072` is 8.8.8.8 to a resolver.
    return name.isdigit() or name.startswith("0x")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    name = host.lower().rstrip(".")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def shown(url: str, *, has_path: bool = False) -> str:
    """Scheme, host and port of a URL: no login, and no path, which may hold the key of a web hook.

    `has_path`: with its path, for URLs whose path is no key, and a mask in place of a query.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "a URL that is none"
    name = f"[{host}]" if ":" in host else host
    rest = f"{parts.path}{'?***' if parts.query or parts.fragment else ''}" if has_path else ""
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{rest}"


def segment(id: str) -> str:
    """An id, percent-encoded, as one part of a path. Raises ValueError for one that would be another path."""
    if not 0 < len(id) <= ID_CHARS_MAX or not id.strip("."):
        raise ValueError("not an id")
    return quote(id, safe="")
