"""A benchmark as a command: what it says of itself, and the sentence with which it ends when it cannot measure."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable

import stamina

from streams.demo.cluster import jars
from streams.ops.errors import StreamsError


def parser(name: str, description: str | None) -> ArgumentParser:
    """For the options of `python -m benchmarks NAME`."""
    return ArgumentParser(
        f"python -m benchmarks {name}", description=description, formatter_class=RawDescriptionHelpFormatter
    )


def code_of(measure: Callable[[], int]) -> int:
    """What `measure` returns; 2, and a sentence, when something is missing that it needs, or has ended."""
    stamina.instrumentation.set_on_retry_hooks([])  # what is started takes its seconds; that is no news
    try:
        jars.check()
        return measure()
    except StreamsError as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 2
