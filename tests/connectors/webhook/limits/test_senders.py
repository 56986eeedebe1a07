"""What is kept of an address: whether it may come, whether it proved anything, how often it was refused."""

import pytest

from connectors.webhook.limits import senders as limits
from connectors.webhook.limits.networks import parse
from connectors.webhook.limits.senders import PROVEN_S, Senders

PROXIES, ALLOWED = parse("X", ["10.0.0.0/8"]), parse("X", ["192.0.2.0/24", "2001:db8::/32"])


def test_refusals_of_one_address_are_its_own() -> None:
    """An address that forges is held back while another one is not; a flood from very many holds all refusals back."""
    senders = Senders()
    for _ in range(int(limits.REFUSALS_AT_ONCE) + 20):
        held_s = senders.hold_s(senders.at("192.0.2.1"), 0.0)
    assert held_s == pytest.approx(20 / limits.REFUSALS_PER_S)
    assert senders.hold_s(senders.at("192.0.2.2"), 0.0) == 0.0
    for n in range(int(limits.ALL_REFUSALS_AT_ONCE)):
        senders.hold_s(senders.at(f"198.51.{n // 250}.{n % 250}"), 0.0)
    assert senders.hold_s(senders.at("192.0.2.3"), 0.0) > 0.0


def test_a_large_body_weighs_as_it_costs() -> None:
    """Wrong signatures under 200 kB are held back after a few, those under little after many."""
    small, large = Senders(), Senders()
    for _ in range(int(limits.REFUSALS_AT_ONCE) - 1):
        of_small = small.hold_s(small.at("192.0.2.1"), 0.0, 300)
        of_large = large.hold_s(large.at("192.0.2.1"), 0.0, 200_000)
    assert of_small == 0.0
    assert of_large == limits.HOLD_S_MAX


def test_large_bodies_of_strangers_rest() -> None:
    """So many bytes at once wait for nothing; beyond it all together get so many a second, however many come."""
    senders, mib = Senders(), 2**20
    stranger = senders.at("192.0.2.1")
    assert [senders.rest_s(stranger, mib, 0.0) for _ in range(4 + 16)] == [0.0] * (4 + 16)
    assert [senders.rest_s(stranger, 16 * mib, 0.0) for _ in range(2)] == [0.5, 1.0]
    assert max(senders.rest_s(stranger, mib, 0.0) for _ in range(1000)) == limits.REST_S_MAX


def test_the_first_large_body_of_an_address_does_not_rest() -> None:
    """What an address sends at first waits for no others that send more; those of very many addresses are bounded."""
    senders, mib = Senders(), 2**20
    while senders.rest_s(senders.at("192.0.2.1"), mib, 0.0) < limits.REST_S_MAX:
        pass
    new = senders.at("192.0.2.2")
    assert [senders.rest_s(new, mib, 0.0) for _ in range(4)] == [0.0] * 4
    assert senders.rest_s(new, mib, 0.0) > 0.0
    rests = [senders.rest_s(senders.at(f"198.51.100.{n}"), mib, 0.0) for n in range(200)]
    assert (rests[0], rests[-1]) == (0.0, limits.REST_S_MAX)


def test_one_site_is_one_sender() -> None:
    """Every address of a /64, and every way to write an address, is the same sender."""
    senders = Senders()
    assert senders.at("2001:db8::1") is senders.at("2001:db8::ffff:1") is senders.at("2001:0db8:0::2")
    assert senders.at("2001:db8::1") is not senders.at("2001:db8:0:1::1")
    assert senders.at("192.0.2.1") is senders.at("::ffff:192.0.2.1")
    assert senders.at("192.0.2.1") is not senders.at("192.0.2.2")


@pytest.mark.parametrize(
    ("host", "is_allowed", "is_proxy"),
    [
        ("192.0.2.9", True, False),
        ("2001:db8:1::1", True, False),
        ("198.51.100.1", False, False),
        ("10.1.1.1", True, True),
        ("", False, False),
    ],
)
def test_who_may_come(host: str, is_allowed: bool, is_proxy: bool) -> None:
    """Allowed networks and trusted proxies may come, others may not; without a list everybody may."""
    sender = Senders(PROXIES, ALLOWED).at(host)
    assert (sender.is_allowed, sender.is_proxy) == (is_allowed, is_proxy)
    assert Senders(PROXIES).at(host).is_allowed


def test_a_request_behind_a_proxy_is_its_senders() -> None:
    """Behind a trusted proxy the address that it names counts, not its own; a stranger's claim counts for nothing."""
    senders = Senders(PROXIES, ALLOWED)
    assert senders.of("10.0.0.1", "192.0.2.9, 198.51.100.1") is senders.at("198.51.100.1")
    assert not senders.of("10.0.0.1", "192.0.2.9, 198.51.100.1").is_allowed
    assert senders.of("10.0.0.1", "") is senders.at("10.0.0.1")
    assert senders.of("198.51.100.1", "192.0.2.9") is senders.at("198.51.100.1")


def test_proven_for_an_hour() -> None:
    """Nobody is proven at first; who signed rightly is for an hour; a trusted proxy always is."""
    senders = Senders(PROXIES)
    sender = senders.at("192.0.2.1")
    assert not sender.is_proven(0.0)
    sender.proven_s = 10.0
    assert sender.is_proven(10.0 + PROVEN_S - 1)
    assert not sender.is_proven(10.0 + PROVEN_S)
    assert senders.at("10.0.0.1").is_proven(0.0)


@pytest.mark.parametrize("held", ["n_connections", "n_held", "unproven_bytes"])
def test_forgets_only_who_has_nothing_open(monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    """However many addresses come, a sender stays that has anything open: it must not get a second share."""
    monkeypatch.setattr(limits, "ADDRESSES_MAX", 100)
    senders = Senders()
    kept, idle = senders.at("192.0.2.1"), senders.at("192.0.2.2")
    setattr(kept, held, 1)
    for n in range(1000):
        senders.at(f"198.51.{n // 250}.{n % 250}")
    assert senders.at("192.0.2.1") is kept
    assert senders.at("192.0.2.2") is not idle


def test_forgets_nobody_who_has_proved_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of addresses does not make strangers of those that send to us."""
    monkeypatch.setattr(limits, "ADDRESSES_MAX", 100)
    senders = Senders()
    ours = senders.at("192.0.2.1")
    ours.proven_s = 5.0
    for n in range(1000):
        senders.at(f"198.51.{n // 250}.{n % 250}")
    assert senders.at("192.0.2.1") is ours


def test_the_addresses_of_one_site_take_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody with all addresses of a /64, and one connection open, displaces nobody, and costs no room."""
    monkeypatch.setattr(limits, "ADDRESSES_MAX", 100)
    senders = Senders()
    refused, open_ = senders.at("192.0.2.1"), senders.at("2001:db8::1")
    open_.n_connections = 1
    for n in range(1000):
        assert senders.at(f"2001:db8::{n:x}") is open_
    assert senders.at("192.0.2.1") is refused
