"""Networks from settings, and the address that a request came from, behind proxies or not. Pure."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from streams.ops.errors import Misconfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Svix: "Static Source IP Addresses", by region of the sender (domain file, 7.3). Which of them Junction uses is not
# published: take all.
SVIX: Mapping[str, tuple[str, ...]] = {
    "svix-us": ("44.228.126.217", "50.112.21.217", "52.24.126.164", "54.148.139.208", "2600:1f24:64:8000::/56"),
    "svix-us-east": ("54.164.207.221", "54.90.7.123", "2600:1f28:37:4000::/56"),
    "svix-eu": ("52.215.16.239", "54.216.8.72", "63.33.109.123", "2a05:d028:17:8000::/56"),
}
PRESETS = {**SVIX, "svix": tuple(one for region in SVIX.values() for one in region)}
_IPV6_SITE_BITS = 64  # what one customer has at least: more addresses of it are not more senders


def parse(setting: str, texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks such as `10.0.0.0/8`, single addresses, and names of `PRESETS`. Raises Misconfigured."""
    return tuple(_network(setting, one) for text in texts for one in PRESETS.get(text, (text,)))


def _network(setting: str, text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        known = ", ".join(PRESETS)
        raise Misconfigured(
            f"{setting}: {error}; expected networks such as 10.0.0.0/8 separated by commas, or one of: {known}"
        ) from None


@lru_cache(maxsize=4096)
def address(host: str) -> Address | None:
    """The address of a host, an IPv4 one that is written as IPv6 as IPv4; None for what is no address."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_in(found: Address | None, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks; no address is in none."""
    return found is not None and any(found in network for network in networks)


@lru_cache(maxsize=4096)
def site(host: str) -> str:
    """Who a host counts as: an IPv4 address as itself, an IPv6 address as its /64."""
    found = address(host)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_SITE_BITS), strict=False))
    return str(found) if found else host


def client(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The host that a request came from. `forwarded_for`: its X-Forwarded-For lines, joined by commas.

    Read from the right: each proxy appends the address that it saw. The first one that is no trusted proxy is the
    sender's; what stands left of it is the sender's own claim. A peer that is not trusted is the sender itself.
    """
    seen = peer
    for text in reversed(forwarded_for.split(",")):
        if not is_in(address(seen), trusted):
            break
        claimed = _without_port(text.strip())
        if address(claimed) is None:
            break
        seen = claimed
    return seen


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
