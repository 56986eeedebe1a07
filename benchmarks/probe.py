"""A probe beside a delivery at the same gateway: requests a second, and the gateway's CPU for 100,000 of each.

    python -m benchmarks probe [--kb KB] [--connections N] [--seconds S] [--rounds N] [--json]

Bodies have the same size, and both are signed. The gateway is the real command on the embedded Kafka; wrk plays the
requests, by turns. Exits with 1 where a probe costs the gateway more CPU than a delivery, or one was refused.
"""

import argparse
import base64
import json
import secrets
import statistics
import sys
import tempfile
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from benchmarks import _command
from benchmarks.gateway import contestants, measure, wrk
from benchmarks.gateway.deliveries import Deliveries
from streams.demo.cluster import Cluster
from streams.events import probe
from streams.kafka import admin
from streams.ops.settings import Settings

PARTITIONS = 4


class Probes(Deliveries):
    """Probes instead of deliveries, in files of their own."""

    def made(self, n_bytes: int) -> bytes:
        """A body of that size."""
        return probe.body_of(secrets.token_hex(8), n_bytes)

    def id(self, now_s: int) -> str:
        return f"{probe.ID_PREFIX}{secrets.token_hex(12)}"


def main(given: argparse.Namespace) -> int:
    """Exit code. Raises Misconfigured, Unavailable."""
    wrk.check()
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    rows: dict[str, list[measure.Row]] = {"delivery": [], "probe": []}
    with Cluster(registry=False) as cluster, tempfile.TemporaryDirectory() as folder:
        admin.apply(Settings(bootstrap_servers=cluster.bootstrap_servers, partitions=PARTITIONS))
        place = contestants.Place(cluster.bootstrap_servers, secret, PARTITIONS, Path(folder), cluster.data_dir)
        with contestants.started(["ours_1"], place) as running:
            (gateway,) = running
            for name in rows:
                (Path(folder) / name).mkdir()
            kinds = {
                "delivery": Deliveries(secret, Path(folder) / "delivery"),
                "probe": Probes(secret, Path(folder) / "probe"),
            }
            for _ in range(given.rounds):
                for name, requests in kinds.items():
                    rows[name].append(
                        measure.one(gateway, requests, given.kb, given.connections, given.seconds, nullcontext)
                    )
    found = {name: _medians(each) for name, each in rows.items()}
    if given.json:
        print(json.dumps(found))
    else:
        for name, figures in found.items():
            print(f"{name:<9}", *(f"{what} {value:,.1f}" for what, value in figures.items()), sep="  ")
    refused = sum(row.refused + row.failed for each in rows.values() for row in each)
    return int(bool(refused) or found["probe"]["gateway_cpu_s"] > found["delivery"]["gateway_cpu_s"])


def _medians(rows: list[measure.Row]) -> dict[str, float]:
    names = ("requests_per_s", "p50_ms", "p99_ms", "gateway_cpu_s", "others_cores")
    return {name: statistics.median(getattr(row, name) for row in rows) for name in names}


def options() -> argparse.Namespace:
    """What to measure; half a minute."""
    parser = _command.parser("probe", __doc__)
    parser.add_argument("--kb", type=float, default=2.0, help="of a body")
    parser.add_argument("--connections", type=int, default=64, metavar="N")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(_command.code_of(partial(main, options())))
