"""Answers that are JSON but for single characters or numbers: the rest of them is read."""

from collections.abc import Callable
from typing import TypeVar

from streams import log
from streams.errors import Reason, Rejected
from streams.junction.errors import Refused, Trouble, TryLater
from streams.mend import Mended, mended

PLACES_MAX = 5  # of a line in the log
_TROUBLE = {Reason.TOO_DEEP: Trouble.TOO_DEEP, Reason.TOO_LARGE: Trouble.TOO_LARGE}

logger = log.get("junction")
T = TypeVar("T")


def tolerantly(read: Callable[[bytes], T], body: bytes) -> T:
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
    try:
        return mended(body)
    except Rejected as rejected:
        raise Refused(_TROUBLE[rejected.reason], rejected.detail) from None
