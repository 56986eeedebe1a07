"""How often something may happen: a bucket that fills by the second. Times are of a monotonic clock, in seconds."""


class Bucket:
    """`per_s`: what it gains; `at_once`: what it holds, full at first. Nothing waits for longer than `wait_s_max`."""

    __slots__ = ("_at_once", "_counted_s", "_left", "_per_s", "_wait_s_max")

    def __init__(self, per_s: float, at_once: float, wait_s_max: float) -> None:
        self._per_s, self._at_once, self._wait_s_max = per_s, at_once, wait_s_max
        self._left, self._counted_s = at_once, 0.0

    def take(self, now_s: float, weight: float = 1.0) -> float:
        """Count something of that weight; for how many seconds it has to wait, 0.0 while there is little."""
        filled = self._left + (now_s - self._counted_s) * self._per_s
        self._left = max(min(filled, self._at_once) - weight, -self._wait_s_max * self._per_s)
        self._counted_s = now_s
        return max(0.0, -self._left / self._per_s)
