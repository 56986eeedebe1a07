"""Workers of two versions in one group, of which the newer one reads a topic more: a rolling upgrade."""

import json

from streams.ops.settings import Settings
from tests.engine.rig import RIGHT, Rig, keys


def left(rig: Rig, worker: str) -> int:
    """How many partitions a worker said, last of all, that it leaves alone."""
    lines = [json.loads(line) for line in rig.log(worker).splitlines() if '"sources_left"' in line]
    return int(lines[-1]["partitions"]) if lines else 0


def test_a_source_more(settings: Settings) -> None:
    """Both versions work side by side; what the newer one cannot read yet waits, and is read when all are new."""
    rig = Rig(settings, sources=("raw.a", "raw.b"))
    try:
        old = rig.start("w0", TOPICS="1")
        rig.until(lambda: '"assigned"' in rig.log("w0"), 30, "no worker")
        new = rig.start("w1", TOPICS="2")
        rig.until(lambda: '"assigned"' in rig.log("w1"), 30, "the newer worker gets nothing")
        rig.feed(keys(0, 1_000))
        rig.feed(keys(500, 2_000), source="raw.b")
        rig.until(lambda: rig.lag("raw.a") <= 0, 30, "the two do not work side by side")
        assert left(rig, "w1") == settings.partitions / 2
        assert rig.workers == {"w0": old, "w1": new}
        rig.stop("w0")
        rig.start("w0", TOPICS="2")
        rig.drain()
        assert rig.verdict(keys(0, 2_000)) == RIGHT
    finally:
        rig.close()


def test_a_source_less(settings: Settings) -> None:
    """A worker that comes back within its session as the version before, which reads a topic less, works on."""
    rig = Rig(settings, sources=("raw.a", "raw.b"))
    try:
        rig.start(TOPICS="2")
        rig.feed(keys(0, 1_000))
        rig.feed(keys(500, 1_500), source="raw.b")
        rig.drain()
        rig.kill()
        old = rig.start(TOPICS="1")
        rig.feed(keys(1_000, 2_000))
        rig.until(lambda: rig.lag("raw.a") <= 0, 30, "the version before does nothing")
        assert rig.workers == {"w0": old}
        assert rig.verdict(keys(0, 2_000)) == RIGHT
    finally:
        rig.close()
