"""`python -m tests.kubernetes`: a line for each check of the chart. Exits with 0 where all hold, with 2 without Go."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import stamina

from streams.ops.errors import Misconfigured, StreamsError
from tests.kubernetes import checks, cluster, drill, strimzi

Check = tuple[str, Callable[[], str]]


def of_files(folder: Path) -> Iterator[Check]:
    for example in checks.EXAMPLES:
        yield f"lint {example.stem}", partial(checks.lint, example)
        yield f"schemas {example.stem}", partial(checks.schemas, example, folder)


def of_a_server(api: cluster.Api, folder: Path) -> Iterator[Check]:
    checks.prepare(api)
    for example in checks.EXAMPLES:
        yield f"dry run {example.stem}", partial(checks.dry_run, api, example)
    yield "refusals", partial(checks.refusals, api)
    yield "life", partial(checks.life, api)
    if java := strimzi.java():
        yield "strimzi", partial(strimzi.resources, api, java, folder)
    else:
        print(f"left    {'strimzi':20} its kinds need Java {strimzi.JAVA_MIN}")
    yield "drill", partial(drill.drill, api, folder / "drill")


def passed(found: Iterator[Check]) -> bool:
    """Runs them, a line each."""
    fine = True
    for name, check in found:
        try:
            print(f"ok      {name:20} {check()}", flush=True)
        except checks.Failed as error:
            fine = False
            print(f"FAILED  {name:20} {error}", flush=True)
    return fine


def main() -> int:
    stamina.instrumentation.set_on_retry_hooks([])
    with TemporaryDirectory() as name:
        folder = Path(name)
        fine = passed(of_files(folder))
        with cluster.started(folder) as api:
            print(f"ok      {'API server':20} ready after {api.ready_s:.1f} s", flush=True)
            fine = passed(of_a_server(api, folder)) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (StreamsError, checks.Failed) as error:
        print(error)
        sys.exit(2 if isinstance(error, Misconfigured) else 1)
