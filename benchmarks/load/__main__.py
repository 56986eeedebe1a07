"""The whole product at steady rates: latency to commit and to a reader, CPU, memory; the knee and the ceiling.

Real gateway and workers on the embedded Kafka; a sender in Go posts signed deliveries of a simulated world at a steady
rate, each when it is due however slow other answers are, a tenth of them repeated; a reader in Go follows every clean
topic. All of them share the machine's cores. Latency runs from the gateway's receipt, as the raw record says it, to the
moment at which a reader of committed records saw the group's offset, or the clean record.

The knee is the last rate whose p99 to commit is under 150 ms, the ceiling the last one that was accepted in time
without a growing backlog. Exits with 1 when an accepted event was lost, with 2 when it cannot measure. `others`: cores
busy with anything else; above 0.1, measure again on a quiet machine.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path

import psutil

from benchmarks import _command, _rules
from benchmarks.gateway import profile
from benchmarks.load import bodies, peer, plot, stand, table
from benchmarks.load.stand import Stand
from benchmarks.load.step import TAIL_S, WARM_UP_S, Row, Steps
from streams.demo.cluster import jars

SHORT = ([500, 1000, 2000, 3000], 15.0)
FULL = ([250, 500, 1000, 2000, 3000, 4000, 6000], 60.0)
NEW_SHARE = 0.92  # of the deliveries, at most: a tenth of them are repeated


def options() -> argparse.Namespace:
    """What to measure; without any option under three minutes, with `--full` a quarter of an hour."""
    parser = _command.parser("load", __doc__)
    parser.add_argument("--full", action="store_true", help="more rates, 60 s each")
    parser.add_argument("--steps", type=float, nargs="+", metavar="RATE", help="deliveries a second")
    parser.add_argument("--seconds", type=float, help="of each step, after some to warm up")
    parser.add_argument("--workers", type=int, default=1, metavar="N")
    parser.add_argument("--partitions", type=int, default=4, metavar="N", help="of every topic")
    parser.add_argument("--connections", type=int, default=128, metavar="N", help="of the sender")
    parser.add_argument("--rules", type=int, default=0, metavar="N", help="alert rules; a tenth of them are often met")
    parser.add_argument("--peer", action="store_true", help="then a gateway in Go and Kafka Streams that deduplicates")
    parser.add_argument("--on", action="store_true", help="also beyond the ceiling")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="py-spy of gateway and workers at each step")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="an SVG of the figures")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true")
    shown.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    steps, seconds = FULL if given.full else SHORT
    given.steps, given.seconds = given.steps or steps, given.seconds or seconds
    return given


def main(given: argparse.Namespace) -> int:
    """Exit code 1 when something was lost. Raises Misconfigured, Unavailable."""
    if given.profile:
        profile.check()
    rows = measure(given)
    if given.plot:
        given.plot.write_text(plot.svg([row for row in rows if row.name != "peer"], psutil.cpu_count() or 1))
    print(json.dumps(table.as_json(rows)) if given.json else (table.markdown if given.markdown else table.text)(rows))
    return int(any(row.lost for row in rows))


def measure(given: argparse.Namespace) -> list[Row]:
    """Ours, and with `--peer` the others' after it. Raises Misconfigured, Unavailable."""
    stand.client()  # built, or refused, before the bodies, which take a while
    made = bodies.prepared(int(sum(given.steps) * (WARM_UP_S + given.seconds + TAIL_S) * NEW_SHARE) + 2000)
    with stand.started(given.workers, given.partitions, _rules_file(given.rules)) as running:
        rows = _climb(running, made, given)
    if given.peer:
        with peer.started(given.partitions) as running:
            rows += _climb(running, made, given)
    return rows


def _climb(running: Stand, made: bodies.Bodies, given: argparse.Namespace) -> list[Row]:
    """Rate after rate, until one is not held."""
    steps, rows = Steps(running, made, given.connections, _watched(running, given.profile)), list[Row]()
    for rate in given.steps:
        rows.append(steps.run(rate, given.seconds))
        jars.to_stderr(table.line(rows[-1]))
        if not rows[-1].held and not given.on:
            break
    return rows


def _rules_file(count: int) -> str | None:
    """TOML. Nothing is too old to look at: the world's days are those before now."""
    return _rules.toml(_rules.specs(count, often=True, max_age="3d")) if count else None


def _watched(running: Stand, folder: Path | None) -> Callable[[float], AbstractContextManager[object]]:
    if folder is None:
        return lambda rate: nullcontext()
    folder.mkdir(parents=True, exist_ok=True)
    return lambda rate: _recorded(running, folder, rate)


@contextmanager
def _recorded(running: Stand, folder: Path, rate: float) -> Iterator[None]:
    """py-spy on the gateway and each worker: `worker-0-1000.speedscope.json`."""
    with ExitStack() as stack:
        for name, child in running.children.items():
            if name == "gateway" or name.startswith("worker "):
                file = folder / f"{name.replace(' ', '-')}-{rate:g}.speedscope.json"
                stack.enter_context(profile.recording(child.pid, file))
        yield


if __name__ == "__main__":
    sys.exit(_command.code_of(partial(main, options())))
