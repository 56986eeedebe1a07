"""The sink with a promise taken out of it: `python -m tests.chaos.sink --break NAME`, one of `MUTATIONS`."""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from connectors.contract.sink import SinkBatch
from connectors.postgres import service
from connectors.postgres.positions import Positions
from streams.cli import read_settings
from streams.ops.errors import StreamsError

SLOW_DISK_S = 0.1  # between position and rows: a window that a real disk opens too, now and then


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
    options = parser.parse_args()
    if options.broken:
        MUTATIONS[options.broken]()
    try:
        service.run(read_settings())
    except StreamsError as error:
        raise SystemExit(f"chaos sink: {error}") from None


if __name__ == "__main__":
    main()
