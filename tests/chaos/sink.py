"""The sink with faults inside: `python -m tests.chaos.sink [--folder DIR] [--break NAME]`.

`--folder`: where a file `nap_before` or `nap_within` makes a sink stop itself, once: before a batch's transaction, or
in it, when the positions have moved. `--break`: a promise that is taken out, one of `MUTATIONS`.
"""

import argparse
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from connectors.contract.sink import SinkBatch
from connectors.postgres import service
from connectors.postgres.positions import Positions
from connectors.postgres.sink import PostgresSink
from streams.cli import read_settings
from streams.ops.errors import StreamsError

SLOW_DISK_S = 0.1  # between position and rows: a window that a real disk opens too, now and then


def naps(folder: Path) -> None:
    """Stop at a place whose file is there."""
    write, move = PostgresSink.write, Positions.move

    def before(self: PostgresSink, batches: Sequence[SinkBatch]) -> None:
        _nap(folder / "nap_before")
        write(self, batches)

    def within(self: Positions, cursor: Any, batches: Sequence[SinkBatch], rows: Sequence[int]) -> None:
        move(self, cursor, batches, rows)
        _nap(folder / "nap_within")

    PostgresSink.write = before  # type: ignore[method-assign]  # because that is the fault
    Positions.move = within  # type: ignore[method-assign]  # because of the same


def _nap(file: Path) -> None:
    try:
        file.rename(file.with_suffix(".taken"))  # by one of several
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGSTOP)


def positions_outside() -> None:
    """Positions move in a transaction of their own, before the rows: sink_kill."""
    move, url = Positions.move, read_settings().postgres_url.get_secret_value()

    def early(self: Positions, cursor: Any, batches: Sequence[SinkBatch], rows: Sequence[int]) -> None:
        with psycopg.connect(url) as other:
            move(self, other.cursor(), batches, rows)
        time.sleep(SLOW_DISK_S)

    Positions.move = early  # type: ignore[method-assign]  # because that is the mutation


MUTATIONS: dict[str, Callable[[], None]] = {one.__name__: one for one in (positions_outside,)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--break", dest="broken", default="")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.folder:
        naps(options.folder)
    if options.broken:
        MUTATIONS[options.broken]()
    try:
        service.run(read_settings())
    except StreamsError as error:
        raise SystemExit(f"chaos sink: {error}") from None


if __name__ == "__main__":
    main()
