"""The pauses of both loops: while a system is away, one log line when it starts and one when it is over."""

from typing import Any

WAIT_S_FIRST, WAIT_S_MAX = 0.25, 5.0


class Pauses:
    """The pauses between attempts at one system, each twice as long as the one before."""

    def __init__(self, what: str, logger: Any) -> None:
        self._what, self._logger = what, logger
        self._attempts = 0

    def after(self, error: Exception) -> float:
        """An attempt failed: seconds until the next."""
        self._attempts += 1
        if self._attempts == 1:
            self._logger.warning("waiting", what=self._what, why=str(error))
        return float(min(WAIT_S_FIRST * 2 ** min(self._attempts - 1, 10), WAIT_S_MAX))

    def over(self) -> None:
        """An attempt succeeded."""
        if self._attempts:
            self._logger.info("waited", what=self._what, attempts=self._attempts + 1)
            self._attempts = 0
