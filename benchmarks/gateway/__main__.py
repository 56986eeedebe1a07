"""Gateway: signed webhooks of 1, 12 and 200 kB, verified, on Kafka with acks=all, answered; beside a gateway in Go.

Each contestant is a process of its own (ours is the real command) on the embedded Kafka (one node, loopback); wrk plays
signed requests. They take turns within each round, and medians over the rounds are shown. Generator, gateway and Kafka
share the machine's cores: req/s say what this machine does with all three; CPU seconds travel better. wrk sends the
next request of a connection when the last one is answered, so its percentiles are those of a sender that waits.
`others`: cores busy with anything else; above 0.1, measure again on a quiet machine.

Contestants: ours_N with N processes, go_N with GOMAXPROCS=N. By `--only` also goccy_N: the same with a quicker JSON
library than Go's own, whose scan of the body is most of what 12 kB cost in go_N. And where our CPU goes: floor_reply
(uvicorn and an empty ASGI application), floor_verify (and the signature), floor_store (and Kafka, by our publisher).
"""

import argparse
import base64
import json
import secrets
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import _command
from benchmarks.gateway import contestants, measure, profile, table, wrk
from benchmarks.gateway.deliveries import Deliveries
from streams.demo.cluster import Cluster, jars
from streams.kafka import admin
from streams.ops.settings import Settings

PARTITIONS = 4


def options() -> argparse.Namespace:
    """What to measure; without any option under two minutes, with `--full` under a quarter of an hour."""
    parser = _command.parser("gateway", __doc__)
    parser.add_argument("--full", action="store_true", help="64 and 512 connections, 3 rounds of 6 s")
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 12, 200], metavar="KB", help="of a body, in kB")
    parser.add_argument("--connections", type=int, nargs="+", metavar="N")
    parser.add_argument("--seconds", type=float, help="of one round, after a second to warm up")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=contestants.NAMES, default=contestants.USUAL)
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="py-spy of our processes: a speedscope a round")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    usual = ([64, 512], 6.0, 3) if given.full else ([64], 4.0, 1)
    for name, value in zip(("connections", "seconds", "rounds"), usual, strict=True):
        setattr(given, name, getattr(given, name) or value)
    return given


def main(given: argparse.Namespace) -> int:
    """Exit code 1 when a request was refused or failed. Raises Misconfigured, Unavailable."""
    wrk.check()
    if given.profile:
        profile.check()
    rows = compete(given)
    medians = table.medians(rows)
    print(json.dumps(table.as_json(medians, rows)) if given.json else table.text(medians))
    return int(any(row.refused or row.failed for row in rows))


def compete(given: argparse.Namespace) -> list[measure.Row]:
    """Every contestant at every size and number of connections, in turns."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    with Cluster(registry=False) as cluster, tempfile.TemporaryDirectory() as folder:
        admin.apply(Settings(bootstrap_servers=cluster.bootstrap_servers, partitions=PARTITIONS))
        place = contestants.Place(cluster.bootstrap_servers, secret, PARTITIONS, Path(folder), cluster.data_dir)
        with contestants.started(given.only, place) as running:
            deliveries = Deliveries(secret, Path(folder))
            loads = [(kb, count) for kb in given.sizes for count in given.connections]
            return [
                _say(
                    measure.one(each, deliveries, kb, count, given.seconds, profile.of(each, given.profile, kb, count))
                )
                for kb, count in loads
                for _ in range(given.rounds)
                for each in running
            ]


def _say(row: measure.Row) -> measure.Row:
    jars.to_stderr(
        f"{row.name:<13} {row.kb:>5g} kB {row.connections:>4} connections: {row.requests_per_s:>8,.0f}/s, "
        f"p99 {row.p99_ms:.1f} ms, {row.refused + row.failed} refused, others {row.others_cores:.2f}"
    )
    return row


if __name__ == "__main__":
    sys.exit(_command.code_of(partial(main, options())))
