"""Reading answers that are JSON except for single characters or numbers."""

from collections.abc import Callable
from typing import TypeVar

from connectors.junction.failures import TryLater
from streams.events.text import Mended, mended
from streams.ops import log
from streams.ops.errors import Rejected

PLACES_MAX = 5  # of a line in the log

logger = log.get("junction")
T = TypeVar("T")


def read_repaired(read: Callable[[bytes], T], body: bytes) -> T:
    """`read(body)`; where single characters or numbers are broken, without these (`mend`). Raises as `read` does."""
    # Otherwise one of them would cost its whole page, in every repeated call.
    try:
        return read(body)
    except TryLater:
        better = _mended(body)
        if better is None:  # it was cut off
            raise
    logger.warning("answer_mended", places=better.problems[:PLACES_MAX])
    return read(better.body)


def _mended(body: bytes) -> Mended | None:
    """None where the body is cut off, or damaged beyond repair."""
    try:
        return mended(body)
    except Rejected:
        return None
