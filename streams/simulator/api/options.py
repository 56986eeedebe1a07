"""Options of the fake API: which key it wants, how large its pages are, and what goes wrong how often."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from streams.ops.errors import Misconfigured
from streams.simulator.api.keys import KEY, MANAGEMENT_KEY
from streams.simulator.shares import read_shares
from streams.simulator.world.world import Generation


class Fault(StrEnum):
    """What one answer can be instead of right. The last four need pages."""

    UNAUTHORIZED = "unauthorized"  # 401
    MISSING = "missing"  # 404
    INVALID = "invalid"  # 422
    LIMITED = "limited"  # 429 without Retry-After
    LIMITED_WITH_WAIT = "limited_with_wait"  # 429 with Retry-After
    UNAVAILABLE = "unavailable"  # 503
    HUNG = "hung"  # no answer for `hang_s`
    CUT = "cut"  # the connection ends in the middle of the body
    TRUNCATED = "truncated"  # half of the JSON, as if it were whole
    REPEATED_CURSOR = "repeated_cursor"  # the next page is this page
    LOOPING_CURSOR = "looping_cursor"  # the next page is the first one
    EMPTY_PAGE = "empty_page"  # nothing here, and a cursor
    CHANGED_DATA = "changed_data"  # the last samples come again on the next page, with other values


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """`faults`: shares between 0 and 1 of all requests, together at most 1. `page_size`: samples of a page.

    `limit_per_s`: requests a second above which 429 is answered; 0: none. `retry_after_s`: what 429 tells to wait.
    `early_for_s`: how long after the first question data are not there yet whose notice was early. `token_s`: life of
    an access token.
    """

    key: str = KEY
    management_key: str = MANAGEMENT_KEY
    page_size: int = 500
    generation: Generation = Generation.NEW
    faults: dict[Fault, float] = field(default_factory=dict)
    seed: int = 1
    limit_per_s: float = 0
    retry_after_s: int = 1
    hang_s: float = 60.0
    early_for_s: float = 5.0
    token_s: int = 300


def read_faults(words: Sequence[str]) -> dict[Fault, float]:
    """`unavailable=0.05` and the like. Raises Misconfigured, naming the words there are."""
    faults = {Fault(name): share for name, share in read_shares("--fault", words, Fault).items()}
    if sum(faults.values()) > 1:
        raise Misconfigured("the shares of --fault must not be more than 1 together")
    return faults
