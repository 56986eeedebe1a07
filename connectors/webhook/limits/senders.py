"""What is known of each address that sends to us. Times are of a monotonic clock, in seconds."""

from collections.abc import Sequence

from connectors.webhook.limits import networks
from connectors.webhook.limits.bucket import Bucket
from connectors.webhook.limits.networks import Network

PROVEN_S = 3600.0  # an address that sent a right signature counts as a sender of ours for so long
ADDRESSES_MAX = 16_384
# Refusals: so many a second from one address cost it nothing, and so many at once.
REFUSALS_PER_S, REFUSALS_AT_ONCE = 20.0, 20.0
ALL_REFUSALS_PER_S, ALL_REFUSALS_AT_ONCE = 200.0, 200.0
REFUSED_BYTES = 16 * 1024  # to prove that a signature is wrong takes as long for so many as all the rest of a request
HOLD_S_MAX = 5.0
# Of large bodies from addresses that have proved nothing, all together: reading at the speed of the network costs the
# one event loop half its time.
STRANGERS_BYTES_PER_S, STRANGERS_BYTES_AT_ONCE = 32.0 * 2**20, 16.0 * 2**20
# The first ones of each address do not wait for those of others, who send more: a body must be whole before it is the
# oldest, which has to make room.
FIRST_BYTES_PER_S, FIRST_BYTES_AT_ONCE = 32.0 * 2**20, 16.0 * 2**20
OWN_FIRST_BYTES_PER_S, OWN_FIRST_BYTES = 2.0**16, 4.0 * 2**20
REST_S_MAX = 3.0


class Sender:
    """One address, or one /64. `n_connections`: open now; `n_held`: refusals that are held back.

    `unproven_bytes`: of bodies whose signature is not proved yet. `is_allowed`: by the list of allowed networks.
    """

    __slots__ = (
        "first_bytes", "is_allowed", "is_proxy", "n_connections", "n_held", "proven_s", "refusals", "site",
        "unproven_bytes",
    )  # fmt: skip

    def __init__(self, site: str, *, is_proxy: bool, is_allowed: bool) -> None:
        self.site, self.is_proxy, self.is_allowed = site, is_proxy, is_allowed
        self.n_connections, self.n_held, self.unproven_bytes = 0, 0, 0
        self.proven_s = -PROVEN_S
        self.refusals = Bucket(REFUSALS_PER_S, REFUSALS_AT_ONCE, HOLD_S_MAX)
        self.first_bytes = Bucket(OWN_FIRST_BYTES_PER_S, OWN_FIRST_BYTES, REST_S_MAX)

    def is_proven(self, now_s: float) -> bool:
        """Whether it sent a right signature lately; a trusted proxy counts as if it had."""
        return self.is_proxy or now_s - self.proven_s < PROVEN_S

    @property
    def has_proved(self) -> bool:
        """Whether it ever sent a right signature: such addresses are few."""
        return self.proven_s >= 0

    @property
    def is_forgettable(self) -> bool:
        """Whether nothing is open or held for it."""
        return not (self.n_connections or self.n_held or self.unproven_bytes)


class Senders:
    """All addresses that were seen lately. `allowed` empty: everybody may come."""

    def __init__(self, trusted: Sequence[Network] = (), allowed: Sequence[Network] = ()) -> None:
        self._trusted, self._allowed = trusted, allowed
        self._by_site: dict[str, Sender] = {}
        self._all_refusals = Bucket(ALL_REFUSALS_PER_S, ALL_REFUSALS_AT_ONCE, HOLD_S_MAX)
        self._first_bytes = Bucket(FIRST_BYTES_PER_S, FIRST_BYTES_AT_ONCE, REST_S_MAX)
        self._strangers_bytes = Bucket(STRANGERS_BYTES_PER_S, STRANGERS_BYTES_AT_ONCE, REST_S_MAX)

    def at(self, host: str) -> Sender:
        """The sender at a host."""
        site = networks.site(host)
        found = self._by_site.get(site)
        return found if found is not None else self._new(site, host)

    def of(self, host: str, forwarded_for: str) -> Sender:
        """The sender of a request that came from a host, which may be a proxy. `forwarded_for`: as in `client`."""
        peer = self.at(host)
        if not (peer.is_proxy and forwarded_for):
            return peer
        return self.at(networks.client(host, forwarded_for, self._trusted))

    def hold_s(self, sender: Sender, now_s: float, body_bytes: int = 0) -> float:
        """Count a refusal; for how many seconds its answer is held back. Right signatures are never held back.

        `body_bytes`: of the body whose signature was wrong; a large one counts as several refusals, as it costs.
        """
        weight = 1 + body_bytes / REFUSED_BYTES
        return max(sender.refusals.take(now_s, weight), self._all_refusals.take(now_s, weight))

    def rest_s(self, sender: Sender, n_bytes: int, now_s: float) -> float:
        """Count so many bytes of a large body of a stranger; for how many seconds no more of it is read."""
        are_first = not sender.first_bytes.take(now_s, n_bytes)
        return (self._first_bytes if are_first else self._strangers_bytes).take(now_s, n_bytes)

    def _new(self, site: str, host: str) -> Sender:
        if len(self._by_site) >= ADDRESSES_MAX:
            kept = {known: one for known, one in self._by_site.items() if one.has_proved or not one.is_forgettable}
            self._by_site = kept
        found = networks.address(host)
        is_proxy = networks.is_in(found, self._trusted)
        is_allowed = not self._allowed or is_proxy or networks.is_in(found, self._allowed)
        sender = self._by_site[site] = Sender(site, is_proxy=is_proxy, is_allowed=is_allowed)
        return sender
