"""Answers that are JSON but for single characters or numbers: the rest of them is read."""

from collections.abc import Callable
from typing import TypeVar

from connectors.junction.failures import TryLater
from streams.events.text.mend import Mended, mended
from streams.ops import log
from streams.ops.errors import Rejected

PLACES_MAX = 5  # of a line in the log

logger = log.get("junction")
T = TypeVar("T")


def read_repaired(read: Callable[[bytes], T], body: bytes) -> T:
    """What `read` says of an answer; of one with single broken characters or numbers, without these (`mend`).

    Else one of them would cost all that is on its page, however often it is asked for. Raises as `read` does.
    """
    try:
        return read(body)
    except TryLater:
        better = _mended(body)
        if better is None:  # it was cut off
            raise
    logger.warning("answer_mended", places=better.problems[:PLACES_MAX])
    return read(better.body)


def _mended(body: bytes) -> Mended | None:
    """None too where it is beyond what is mended: it may have been cut off, which is not known before it is read."""
    try:
        return mended(body)
    except Rejected:
        return None
