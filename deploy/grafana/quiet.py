"""Which alerts a healthy installation sets off: the demo's processes at rest, then under load, on a real Prometheus.

`python -m deploy.grafana.quiet`; takes two minutes, needs what the demo needs and Debian's `prometheus`. Pending counts
too: how long a rule waits before it fires is its business, whether its condition holds at all is asked here.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.grafana.live import Load, deliver, started
from streams.ops.settings import Settings

SCRAPES = 40  # one a second; the sizes of disks are told twice a minute
LOAD = Load(users=8, days=3, history_days=10, rate=60)
# What the demo does on purpose is right to be told.
MEANT: Mapping[str, str] = {"UnknownEventTypes": "the demo sends some"}


def alerts(load: Load, scrapes: int = SCRAPES) -> tuple[dict[str, str], dict[str, str]]:
    """Alerts that were pending or firing at rest, and up to the end of the load."""
    with (
        TemporaryDirectory(prefix="junction-alerts-") as folder,
        started(Settings(), Path(folder), load) as (running, prometheus),
    ):
        prometheus.look(scrapes)
        rest = prometheus.alerts()
        deliver(running, load)
        prometheus.look(scrapes)
        return rest, prometheus.alerts()


def main() -> int:
    """Exit code: 0 when no alert was pending or firing that should not be."""
    rest, load = alerts(LOAD)
    for when, seen in (("at rest", rest), ("under load", load)):
        print(f"{when}:", ", ".join(f"{name} {state}" for name, state in seen.items()) or "none")
    print(*(f"{name} is meant: {why}" for name, why in MEANT.items()), sep="\n")
    return 1 if rest or load.keys() - MEANT.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
