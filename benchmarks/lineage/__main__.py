"""The index of lineage: how fast it is filled, how large it is, how quickly it answers.

    python -m benchmarks lineage [--rows N | --full] [--a-record N ...] [--kafka] [--json]

Made-up records (`world`) come from another process through a pipe; one process reads them as the index reads Kafka's,
with one thread, and RocksDB's own beside it. A record has as many rows as a worker has processed of one partition
within a tenth of a second: one in a quiet hour, a hundred at 10,000 deliveries a second.

    deliveries/s  by the clock, and for each second of CPU of the process: what one core does
    10 million    so long an index of them takes to be made again; with --full that is what was measured
    bytes         a delivery on the disk, all that is kept of it, when RocksDB has come to rest
    peak          most memory of the process that fills it, MiB
    id, absent, user and resource     a look-up in the filled index, p50 and p99: a delivery that is there; one that is
                  not; 30 days of a user and resource. `id, meanwhile`: while the index is filled

With --kafka the records go through an embedded Kafka, too, and the index reads them as it does in a console.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks import _command
from benchmarks.lineage.filling import Filled, fill
from benchmarks.lineage.looking import LookUps, look
from benchmarks.lineage.world import Shape
from streams.ops.errors import StreamsError

ROWS, FULL = 1_000_000, 10_000_000
ROWS_A_USER = 100  # in thirty days


def options() -> argparse.Namespace:
    """How much of what."""
    parser = _command.parser("lineage", __doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--rows", type=int, default=ROWS, metavar="N", help=f"deliveries (default {ROWS:,})")
    size.add_argument("--full", dest="rows", action="store_const", const=FULL, help=f"{FULL:,} of them")
    parser.add_argument("--a-record", type=int, nargs="+", default=[100], metavar="N", help="rows of a record")
    parser.add_argument("--kafka", action="store_true", help="through an embedded Kafka")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main(given: argparse.Namespace) -> int:
    """Exit code."""
    found: list[tuple[Filled, LookUps]] = []
    filled_by: Callable[[Path, Shape], Filled] = fill
    if given.kafka:
        from benchmarks.lineage.through_kafka import fill_through  # here, because only this needs a Kafka

        filled_by = fill_through
    for a_record in given.a_record:
        with tempfile.TemporaryDirectory(prefix="bench-lineage-") as folder:
            shape = Shape(given.rows, max(given.rows // ROWS_A_USER, 1), a_record)
            found.append((filled_by(Path(folder), shape), look(Path(folder), shape)))
    if given.json:
        print(json.dumps([asdict(filled) | asdict(looked) for filled, looked in found]))
    else:
        print("\n\n".join("\n".join((*filled.lines(), *looked.lines())) for filled, looked in found))
    return 0


if __name__ == "__main__":
    asked = options()
    try:
        sys.exit(_command.code_of(lambda: main(asked)) if asked.kafka else main(asked))
    except StreamsError as error:
        print(f"not measured: {error}", file=sys.stderr)
        sys.exit(2)
