"""Start and recovery: how long no record can be read when the broker or a worker is killed under load.

    python -m benchmarks recovery [--down SECONDS ...] [--rounds N] [--rate N] [--json]

Gateway and worker on an embedded Kafka of one node, signed webhooks of a simulated world at a steady rate, a tenth
repeated; a reader of committed records notes when each arrives. All share the machine.

    up s        from the kill until the broker accepts connections: its own start, with the recovery of its logs
    door s      from then until a record of the gateway can be read
    clean s     from then until records of the worker can be read, in all partitions
    flow s      the same from the kill
    gap s       the longest time without any record of the worker
    restarts    of gateway and worker, which ended by themselves
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import stamina

from benchmarks.recovery.broker import BrokerKilled, kill_broker
from benchmarks.recovery.flow import read
from benchmarks.recovery.stage import running
from streams.demo.cluster import missing


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--down", type=float, nargs="+", default=[0, 10], metavar="S", help="broker down for so long")
    parser.add_argument("--rounds", type=int, default=3, help="of each")
    parser.add_argument("--rate", type=float, default=200.0, help="deliveries a second")
    parser.add_argument("--session-timeout", type=float, default=10.0, metavar="S", help="STREAMS_SESSION_TIMEOUT_S")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the logs of all processes")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Exit code 2 when something is missing that this needs."""
    given = options()
    stamina.instrumentation.set_on_retry_hooks([])  # the sender's retries are no news
    if lacking := missing():
        print(f"recovery: {lacking}", file=sys.stderr)
        return 2
    rows = broker(given)
    print(json.dumps({"broker": [asdict(row) for row in rows]}) if given.json else table(rows))
    return 0


def broker(given: argparse.Namespace) -> list[BrokerKilled]:
    """Every downtime in turns."""
    rows = []
    with running(1, given.rate, given.session_timeout, given.logs) as stage, read(stage.settings) as flow:
        for _ in range(given.rounds):
            for down_s in given.down:
                rows.append(kill_broker(stage, flow, down_s))
                print(rows[-1], file=sys.stderr, flush=True)
        for words, count in stage.ended.items():
            print(f"{count} times: {words}", file=sys.stderr)
    return rows


def table(rows: Sequence[BrokerKilled]) -> str:
    """A table that a Markdown page takes."""
    names = list(BrokerKilled.__dataclass_fields__)
    lines = [" | ".join(name.replace("_s", " s") for name in names), "|".join(["---:"] * len(names))]
    lines += [" | ".join(f"{value:.1f}" for value in asdict(row).values()) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
