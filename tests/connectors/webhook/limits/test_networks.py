"""Networks of settings, and whose a request is behind proxies."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook.limits.networks import PRESETS, SVIX, address, client, is_in, parse, site
from streams.ops.errors import Misconfigured

PROXIES = parse("X", ["10.0.0.0/8", "fd00::/8"])
proxies = st.one_of(st.ip_addresses(network="10.0.0.0/8"), st.ip_addresses(network="fd00::/8")).map(str)
strangers = st.ip_addresses().map(str).filter(lambda host: not is_in(address(host), PROXIES))
JUNK = (
    "",
    " ",
    "unknown",
    "_hidden",
    "10.0.0.256",
    "[",
    "[]:1",
    "::1::",
    "10.0.0.1:80:90",
    "\xff",
    "%",
    ":",
    "[10.0.0.1",
)
claims = st.one_of(proxies, strangers, st.sampled_from(JUNK), st.text(st.characters(codec="latin-1"), max_size=30))


def test_presets() -> None:
    """`svix` is every region's networks; each region is a preset, too, and each line of them is a network."""
    assert parse("X", ["svix"]) == parse("X", SVIX)
    assert len(set(parse("X", ["svix"]))) == sum(len(texts) for texts in SVIX.values())
    assert set(PRESETS) == {"svix", *SVIX}


def test_networks_of_a_setting() -> None:
    """Networks, single addresses and presets may be mixed, in both families."""
    found = parse("X", ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "svix-eu"])
    inside = ["10.255.0.1", "192.0.2.7", "2001:db8:ffff::1", "54.216.8.72", "2a05:d028:17:80ff::1"]
    outside = ["11.0.0.1", "192.0.2.8", "2001:db9::1", "44.228.126.217", "no address"]
    assert [is_in(address(host), found) for host in [*inside, *outside]] == [True] * 5 + [False] * 5


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "example.com", "svix-mars", "", "10.0.0.0 /8"])
def test_no_network(text: str) -> None:
    """What is no network, or has bits beyond its length, is named with its setting and what would be right."""
    with pytest.raises(Misconfigured, match=r"STREAMS_X: .*10\.0\.0\.0/8.*svix-us") as caught:
        parse("STREAMS_X", ["10.0.0.0/8", text])
    assert repr(text) in str(caught.value) or re.search(r"host bits|Address cannot be empty", str(caught.value))


@pytest.mark.parametrize(
    ("forwarded_for", "found"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("198.51.100.1, 192.0.2.1", "192.0.2.1"),
        ("198.51.100.1,192.0.2.1 , 10.9.9.9", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.1, ::ffff:10.1.1.1", "192.0.2.1"),
        ("198.51.100.1, 192.0.2.1, [fd00::1]:80", "192.0.2.1"),
        ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("", "10.0.0.1"),
        ("192.0.2.1, unknown", "10.0.0.1"),
        ("192.0.2.1, unknown, 10.2.2.2", "10.2.2.2"),
        ("192.0.2.1,", "10.0.0.1"),
    ],
)
def test_behind_proxies(forwarded_for: str, found: str) -> None:
    """The first address from the right that is no trusted proxy; where a proxy names none, that proxy itself."""
    assert client("10.0.0.1", forwarded_for, PROXIES) == found


@given(peer=strangers, claimed=st.lists(claims, max_size=5).map(", ".join))
def test_a_stranger_is_itself(peer: str, claimed: str) -> None:
    """Whatever a peer claims that is no trusted proxy, it is itself; so is everybody where none is trusted."""
    assert client(peer, claimed, PROXIES) == peer
    assert client(peer, claimed, ()) == peer


@given(
    left=st.lists(claims, max_size=5).map(",".join),
    sender=strangers,
    passed=st.lists(proxies, max_size=4),
    port=st.sampled_from(["", ":80"]),
)
def test_what_a_sender_claims_changes_nothing(left: str, sender: str, passed: list[str], port: str) -> None:
    """What stands left of the first address that is no trusted proxy never counts, be it true, forged or junk."""
    seen = f"[{sender}]{port}" if ":" in sender else sender + port
    right = ", ".join([seen, *passed])
    found = [client("10.0.0.1", claimed, PROXIES) for claimed in (right, f"{left},{right}")]
    assert found == [sender, sender]


@given(forwarded_for=st.one_of(st.lists(claims, max_size=5).map(",".join), st.text(st.characters(codec="latin-1"))))
def test_any_header_is_an_address(forwarded_for: str) -> None:
    """Behind a proxy the sender is an address, however broken the header is."""
    assert address(client("10.0.0.1", forwarded_for, PROXIES)) is not None


def test_mapped_addresses() -> None:
    """An IPv4 address that is written as IPv6 is the IPv4 address: in networks, and as a sender."""
    assert address("::ffff:10.0.0.1") == ipaddress.ip_address("10.0.0.1")
    assert is_in(address("::ffff:10.0.0.1"), PROXIES)
    assert site("::ffff:192.0.2.1") == site("192.0.2.1") == "192.0.2.1"


@given(prefix=st.integers(2, 2**64 - 1), first=st.integers(0, 2**64 - 1), second=st.integers(0, 2**64 - 1))
def test_a_site_is_a_64(prefix: int, first: int, second: int) -> None:
    """All addresses of a /64 count as one sender, and those of the next one as another."""
    one, other = (str(ipaddress.IPv6Address(prefix << 64 | host)) for host in (first, second))
    beyond = str(ipaddress.IPv6Address((prefix ^ 1) << 64 | first))
    assert site(one) == site(other) == f"{ipaddress.IPv6Address(prefix << 64)}/64"
    assert site(one) != site(beyond)


def test_sites_that_are_no_address() -> None:
    """A zone does not make another sender, and a host that is no address (a Unix socket has none) is itself."""
    assert site("fe80::1%eth0") == site("fe80::2") == "fe80::/64"
    assert site("") == ""
