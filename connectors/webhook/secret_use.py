"""How often each secret of this process has verified a request, and when last: what a rotation is watched by."""

import os
import time
from typing import NamedTuple

from prometheus_client import Counter

from streams.ops import metrics

_GONE = -1


class SecretRow(NamedTuple):
    """What is told of one secret of one endpoint. `version`: of its signatures, v1 or v1a.

    `position`: in the list of its endpoint, 0 the newest. `verified`: requests since `since_s`, when it was taken.
    `last_used_s` is 0 for never. Times are Unix seconds. `process`: of several processes of a gateway, which one.
    """

    endpoint: str
    position: int
    fingerprint: str
    version: str
    verified: int
    last_used_s: float
    since_s: float
    process: int = 0


class SecretUse:
    """One secret of one endpoint, known by its fingerprint; a rotation moves its position. Not for several threads."""

    def __init__(self, endpoint: str, fingerprint: str, version: str) -> None:
        self.endpoint, self.fingerprint, self.version = endpoint, fingerprint, version
        self.since_s = time.time()
        self.verified = 0
        self.last_used_s = 0.0
        self._counter: Counter = metrics.SECRET_USED.labels(endpoint, fingerprint)
        self._position = -1

    @property
    def position(self) -> int:
        return self._position

    @position.setter
    def position(self, value: int) -> None:
        self._position = value
        metrics.SECRET_POSITION.labels(self.endpoint, self.fingerprint).set(value)

    def row(self) -> SecretRow:
        return SecretRow(
            self.endpoint, self.position, self.fingerprint, self.version, self.verified, self.last_used_s, self.since_s
        )

    def count(self) -> None:
        """One more request that it verified."""
        self.verified += 1
        self.last_used_s = time.time()
        self._counter.inc()

    def forget(self) -> None:
        """Its series end. A request under way may still count: on a child that nobody reads any more."""
        metrics.SECRET_POSITION.labels(self.endpoint, self.fingerprint).set(_GONE)
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            return  # of several processes the series stay in their files until the gateway starts again
        metrics.SECRET_USED.remove(self.endpoint, self.fingerprint)
        metrics.SECRET_POSITION.remove(self.endpoint, self.fingerprint)
