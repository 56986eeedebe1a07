"""Whether the old secrets may go: deliveries have been proved by the new one, and none by an old one alone. Pure.

A gateway tries the newest secret first, so what an old one verified carried no signature of the new one. Svix signs
with both for 24 h after a rotation, and each attempt anew (domain file, 7.3): no late retry carries the old one only.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connectors.control.rotation.journal import Rotation
from connectors.webhook.secret_report import OLD_SIGNS_S, duration
from connectors.webhook.secret_use import SecretRow
from streams.events import HOUR_S, SECOND_US, times

QUIET_S = OLD_SIGNS_S + HOUR_S


class QuietVerdict(NamedTuple):
    """`why`: a sentence. `ready_at_s`: when it may be so at the soonest, Unix seconds; 0 where nobody can say."""

    is_ready: bool
    why: str
    ready_at_s: float = 0.0


def judge(
    rows_by_process: Sequence[Sequence[SecretRow]], rotation: Rotation, now_s: float, quiet_s: float = QUIET_S
) -> QuietVerdict:
    """`rows_by_process`: of the endpoint, for every process of every gateway. `rotation`: one that is confirmed."""
    if not rows_by_process or any(_first(rows) != rotation.new for rows in rows_by_process):
        return QuietVerdict(False, "not every gateway has the new one first: run rotate again, which waits for them")
    since_s, began = max(_beginnings(rows_by_process, rotation))
    # A counter that stands still proves nothing where all of them do: the new one's has to move meanwhile.
    if _last_use(rows_by_process, rotation.new) <= since_s:
        return QuietVerdict(False, f"no delivery has been proved by the new one since {_time(since_s)} ({began})")
    ready_at_s = since_s + quiet_s
    if now_s < ready_at_s:
        return QuietVerdict(
            False, f"not before {_time(ready_at_s)}: {began} {duration(now_s - since_s)} ago", ready_at_s
        )
    quiet = f"for {duration(now_s - since_s)} none was proved by an old one alone, while the new one proved others"
    return QuietVerdict(True, quiet, ready_at_s)


def _beginnings(rows_by_process: Sequence[Sequence[SecretRow]], rotation: Rotation) -> Iterator[tuple[float, str]]:
    """From when on the old ones may have been silent, as far as each process knows, and why not before."""
    yield rotation.confirmed_s, "Junction took the new one"
    for row in (row for rows in rows_by_process for row in rows if row.fingerprint in rotation.old):
        yield row.last_used_s, f"a delivery was proved by {row.fingerprint} alone"
        yield row.since_s, "a gateway began to count"  # what came before it started, it does not know


def _first(rows: Sequence[SecretRow]) -> str:
    return min(rows, key=lambda row: row.position).fingerprint if rows else ""


def _last_use(rows_by_process: Sequence[Sequence[SecretRow]], fingerprint: str) -> float:
    uses = (row.last_used_s for rows in rows_by_process for row in rows if row.fingerprint == fingerprint)
    return max(uses, default=0.0)


def _time(time_s: float) -> str:
    return times.text(int(time_s) * SECOND_US)
