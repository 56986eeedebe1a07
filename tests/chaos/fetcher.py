"""The fetcher with faults inside: `python -m tests.chaos.fetcher [--folder DIR] [--break NAME]`.

`--folder`: where a file `nap` makes a fetcher stop itself at a place (tests.chaos.naps), once, and a file `clock` holds
seconds by which Python's wall clock is wrong. `--break`: one of tests.chaos.mutations.
"""

import argparse
from pathlib import Path

from connectors.history.fetcher import service
from streams.cli import read_settings
from streams.ops.errors import StreamsError
from tests.chaos import mutations, naps
from tests.chaos.worker import bend_clock


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--break", dest="broken", default="")
    options = parser.parse_args()
    settings = read_settings()
    if options.broken:
        mutations.MUTATIONS[options.broken]()
    if options.folder:
        bend_clock(options.folder / "clock")
        naps.install(options.folder, settings.worker_id)
    try:
        service.run(settings)
    except StreamsError as error:
        raise SystemExit(f"chaos fetcher: {error}") from None


if __name__ == "__main__":
    main()
