"""Where reading a partition begins: at what was committed, else at the oldest message there is. Pure.

What expired before it was read is lost there. To stop would not bring it back, and lose more with every hour; so it is
said once, counted, and reading goes on from the oldest. Reconciliation fetches from Junction's API what is missing.
"""

from typing import NamedTuple


class Beginning(NamedTuple):
    """`offset`: the first to read. `n_lost`: messages that expired unread. `is_other_hub`: what was committed lies
    behind the end, so a hub of this name was deleted and made anew; what that one still had, nobody knows."""

    offset: int
    n_lost: int = 0
    is_other_hub: bool = False


def begin(committed: int, oldest: int, end: int) -> Beginning:
    """`committed`: offset of the next message, negative where none was. `oldest`, `end`: of the partition."""
    if committed > end:
        return Beginning(oldest, is_other_hub=True)
    if 0 <= committed < oldest:
        return Beginning(oldest, n_lost=oldest - committed)
    return Beginning(max(committed, oldest))
