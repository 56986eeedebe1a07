"""Busy neighbours: one process a core that does nothing but count, so that everybody else is late."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.demo.cluster.supervise import Child

_COUNT = [sys.executable, "-c", "while True: pass"]


@contextmanager
def busy(*, is_wanted: bool) -> Iterator[None]:
    """With `is_wanted` every core is wanted by somebody else too; the neighbours are gone at the end, whatever
    happens: they do not outlive this process."""
    with TemporaryDirectory(prefix="junction-chaos-busy-") as folder:
        cores = range(os.cpu_count() or 1) if is_wanted else ()
        neighbours = [Child(_COUNT, Path(folder) / f"{core}.log") for core in cores]
        try:
            yield
        finally:
            for neighbour in neighbours:
                neighbour.kill()
