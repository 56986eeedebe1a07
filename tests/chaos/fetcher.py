"""The fetcher broken on purpose: `python -m tests.chaos.fetcher --break NAME`, one of tests.chaos.mutations."""

import argparse

from streams import fetcher
from streams.cli import read_settings
from streams.errors import StreamsError
from tests.chaos import mutations


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--break", dest="broken", required=True)
    mutations.MUTATIONS[parser.parse_args().broken]()
    try:
        fetcher.run(read_settings())
    except StreamsError as error:
        raise SystemExit(f"chaos fetcher: {error}") from None


if __name__ == "__main__":
    main()
