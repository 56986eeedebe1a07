"""Start and recovery: how long no record can be read when the broker or a worker goes, and how long a start takes.

    python -m benchmarks recovery [--only PART ...] [--down SECONDS ...] [--rounds N] [--json]

Gateway and worker on an embedded Kafka of one node, signed webhooks of a simulated world at a steady rate, a tenth
repeated; a reader of committed records notes when each arrives. All share the machine.

broker: it is killed, and started again at once or later
    up s        from the kill until the broker accepts connections: its own start, with the recovery of its logs
    door s      from then until a record of the gateway can be read
    clean s     from then until records of the worker can be read, in all partitions
    flow s      the same from the kill
    gap s       the longest time without any record of the worker
    restarts    of gateway and worker, which ended by themselves

brokers: one of three is killed and stays away, each in turn
    gap s       the longest time in which a partition had no record of the worker

worker: one of two goes or comes
    gap s       the longest time in which a partition had no record of a worker
    flows       whether every partition has some at the end

warm: a worker of the engine alone, with as many keys in its table as `--keys` says, stopped and started again
    warm s      from the start of the process to its first commit, with the tables on disk
    wiped s     the same when they are lost and read back from the changelog
    restored/s  rows of the changelog, by the difference
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import _command
from benchmarks.recovery.broker import BrokerKilled, BrokerLost, kill_broker, lose_broker
from benchmarks.recovery.flow import read
from benchmarks.recovery.stage import running
from benchmarks.recovery.takeover import WorkerGone, change_workers
from benchmarks.recovery.warm import WarmStart, start_again

Row = TypeVar("Row")

NODES = 3
PARTS = ("broker", "brokers", "worker", "warm")


def options() -> argparse.Namespace:
    """What to measure; all of it takes some ten minutes."""
    parser = _command.parser("recovery", __doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--down", type=float, nargs="+", default=[0, 1, 3, 20], metavar="S", help="of the broker")
    parser.add_argument("--rounds", type=int, default=2, help="of each downtime")
    parser.add_argument("--rate", type=float, default=200.0, help="deliveries a second")
    parser.add_argument("--session-timeout", type=float, default=10.0, metavar="S", help="STREAMS_SESSION_TIMEOUT_S")
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the logs of all processes")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main(given: argparse.Namespace) -> int:
    """Exit code 0. Raises Misconfigured, Unavailable."""
    measures = {"broker": broker, "brokers": brokers, "worker": worker, "warm": warm}
    found = {part: [asdict(row) for row in measures[part](given)] for part in given.only}
    print(json.dumps(found) if given.json else "\n\n".join(table(rows) for rows in found.values()))
    return 0


def broker(given: argparse.Namespace) -> list[BrokerKilled]:
    """Every downtime in turns."""
    with running(1, given.rate, given.session_timeout, given.logs) as stage, read(stage.settings) as flow:
        rows = [_said(kill_broker(stage, flow, down_s)) for _ in range(given.rounds) for down_s in given.down]
        for words, count in stage.ended.items():
            print(f"{count} times: {words}", file=sys.stderr)
        return rows


def brokers(given: argparse.Namespace) -> list[BrokerLost]:
    """Each of three in turn: one of them coordinates the group, one the transactions."""
    with running(1, given.rate, given.session_timeout, given.logs, NODES) as stage, read(stage.settings) as flow:
        rows = [_said(lose_broker(stage, flow, node)) for node in range(1, NODES + 1)]
        for words, count in stage.ended.items():
            print(f"{count} times: {words}", file=sys.stderr)
        return rows


def worker(given: argparse.Namespace) -> list[WorkerGone]:
    """One of two goes and comes."""
    with running(2, given.rate, given.session_timeout, given.logs) as stage, read(stage.settings) as flow:
        return [_said(row) for row in change_workers(stage, flow)]


def warm(given: argparse.Namespace) -> list[WarmStart]:
    """One row."""
    return [_said(start_again(given.keys))]


def _said(row: Row) -> Row:
    print(row, file=sys.stderr, flush=True)
    return row


def table(rows: Iterable[dict[str, Any]]) -> str:
    """A table that a Markdown page takes."""
    rows = list(rows)
    names = [name.replace("restored_per_s", "restored/s").replace("_s", " s") for name in rows[0]]
    lines = [" | ".join(names), "|".join(["---:"] * len(names))]
    lines += [" | ".join(_cell(value) for value in row.values()) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return f"{value:,.1f}" if value < 1_000 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(_command.code_of(partial(main, options())))
