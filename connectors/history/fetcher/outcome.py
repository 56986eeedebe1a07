"""What a call of the API for a job results in: a page, or the reason why there is none."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.ops.trace_context import NO_TRACE, TraceContext


class FetchedPage(NamedTuple):
    """`bodies`: webhook-shaped events. `rows`: summaries and samples in them that can be read. `cursor`: of the next
    page, empty at the end. `workouts`: ids, whose streams are to be fetched. `began_ms`: `CorrectedClock.asked_ms`.
    `left_out`: objects and samples that no record can hold. `trace`: what its events carry on."""

    bodies: Sequence[bytes]
    rows: int
    cursor: str
    began_ms: int
    workouts: Sequence[str] = ()
    left_out: int = 0
    trace: TraceContext = NO_TRACE


class FetchFailure(NamedTuple):
    """No page. `reason`: a constant name. `is_final`: it will never work. `is_ours`: our credentials, not the job.
    `is_too_large`: a shorter span may work, where there is one. `is_of_cursor`: it works without the cursor."""

    reason: str
    retry_after_s: float = 0.0
    is_final: bool = False
    is_ours: bool = False
    is_too_large: bool = False
    is_of_cursor: bool = False
