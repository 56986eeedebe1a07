"""One token for all clients of a process: fetched before it ends, by whoever asks first. Thread-safe."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.ops import log
from streams.ops.errors import GaveUp, Misconfigured, Unavailable

FRESH = 0.6  # of a token's life: what is left bears a token server that is away, and a login that takes its time
FRESH_S_MAX = 300.0  # one that Kafka takes no more (its keys were changed, a clock is off) is replaced after so long
PATIENCE_S = 8.0  # for the first token, at a start
AGAIN_S = 1.0  # nobody asks a server that failed more often

logger = log.get("login")


@dataclass(frozen=True, slots=True)
class Token:
    """`begins_s`, `ends_s`: Unix seconds. `principal`: whose it is, "" where only the server knows."""

    value: str = field(repr=False)
    begins_s: float
    ends_s: float
    principal: str = ""

    @property
    def stale_s(self) -> float:
        """From when on another one is fetched, Unix seconds."""
        return self.begins_s + min(FRESH * (self.ends_s - self.begins_s), FRESH_S_MAX)

    def is_fresh(self, now_s: float) -> bool:
        """Whether no other one is fetched yet. Not before its beginning: a clock that was ahead has been set back."""
        return self.begins_s <= now_s < self.stale_s


class Tokens:
    """`fetch`: a new token; raises Unavailable or Misconfigured."""

    def __init__(self, fetch: Callable[[], Token], *, clock: Callable[[], float] = time.time) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()
        self._kept: Token | None = None
        self._failure: Unavailable | Misconfigured | None = None
        self._again_s = 0.0

    def token(self) -> Token:
        """One that has not ended.

        Raises Misconfigured when the server refuses, Unavailable when it is away and the last token has ended. While
        there never was one it is waited for, and GaveUp raised after `PATIENCE_S`.
        """
        with self._lock:
            return self._first() if self._kept is None else self._current(self._kept)

    def is_fresh(self) -> bool:
        """Whether `token` returns at once."""
        kept = self._kept
        return kept is not None and kept.is_fresh(self._clock())

    def _first(self) -> Token:
        if self._failure is not None and self._is_too_soon():  # others waited for it together with us
            raise self._failure.with_traceback(None)
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._kept, self._failure = self._fetch(), None
            except Unavailable as error:
                if time.monotonic() + AGAIN_S > deadline_s:
                    self._failure, self._again_s = GaveUp(str(error)), self._clock() + AGAIN_S
                    raise self._failure from None
                time.sleep(AGAIN_S)
            else:
                return self._kept

    def _current(self, kept: Token) -> Token:
        now_s = self._clock()
        if kept.is_fresh(now_s):
            return kept
        if not self._is_too_soon():
            self._renew()
        if self._failure is None or now_s < kept.ends_s:
            return self._kept or kept
        raise self._failure.with_traceback(None)

    def _is_too_soon(self) -> bool:
        return 0 < self._again_s - self._clock() <= AGAIN_S  # later: the clock was set back

    def _renew(self) -> None:
        """One log line when a failure begins, and one when it is over."""
        try:
            self._kept = self._fetch()
        except (Unavailable, Misconfigured) as error:
            if self._failure is None:
                logger.warning("no_new_token", why=str(error))
            self._failure, self._again_s = error, self._clock() + AGAIN_S
        else:
            if self._failure is not None:
                logger.info("new_token")
            self._failure = None
