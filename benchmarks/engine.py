"""The engine beside stock Faust and Kafka Streams: one job, one broker, one after the other.

    python -m benchmarks engine [--only NAME ...] [--records N] [--before CHECKOUT] [--no-restarts] [--json]
    make bench-engine ARGS="--only ours_1 --only streams_eos_cache"

The job: 1,000,000 records of 100 bytes, each key twice, shuffled, in four partitions; the first record of each key is
emitted. Everything waits in Kafka before the start. Stock Faust gets 60,000 records, being slow, and is
timed by its output: its committed offsets can stop short of the end for good. Kafka shares the
machine, so records/s is of both together; CPU seconds and memory are those of the contestant's own processes.

    records/s   from the first commit seen to the last, without the records of the first
    all s       from the start of the process to the last commit
    cpu         CPU seconds of its processes for a million records, in the same time as records/s
    kafka       the same of the broker
    others      cores that the rest of the machine used meanwhile, this program included: above 0.3, measure again
    rss         highest sum of resident memory seen, MiB
    first s     from the start of the process to the first commit: with nothing, with its state warm, and with its
                state deleted, so that it is read back from the changelog; the last two process 1,000 new records
    restore/s   records of the changelog by the difference of the last two
    lost, rep.  keys without a record in the output, and records too many, read with read_committed

Exits with 1 when one that promises exactly once lost or repeated something, or when one could not be measured.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks import _contestants
from benchmarks._contestants import Contestant
from benchmarks._dedup import Job, job
from benchmarks._processes import cpu_s, machine_cpu_s
from streams.demo.cluster import Cluster, missing
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Misconfigured

EXTRA = 1_000
PATIENCE_S = 300.0
LOOK_S = 0.01


@dataclass
class Result:
    """See the module; None where it was not measured."""

    name: str
    records: int
    records_per_s: float = 0.0
    wall_s: float = 0.0
    cpu_s_per_million: float = 0.0
    kafka_cpu_s_per_million: float = 0.0
    others_cores: float = 0.0
    rss_mib: float = 0.0
    first_cold_s: float = 0.0
    first_warm_s: float | None = None
    first_wiped_s: float | None = None
    restored_per_s: float | None = None
    lost: int = 0
    repeated: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--only", action="append", metavar="NAME", help=_names())
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="its engine, too, as before_1 and before_2")
    parser.add_argument("--no-restarts", action="store_true", help="leave out the starts with state and without")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    known = dict(_contestants.ALL)
    if options.before:
        known |= {one.name: one for one in (_contestants.ours(n, options.before.resolve()) for n in (1, 2))}
    if unknown := sorted({*(options.only or ())} - known.keys()):
        parser.error(f"--only: {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in options.only or known]
    if lacking := missing():
        print(f"engine: {lacking}", file=sys.stderr)
        return 2
    results = run(chosen, options.records, restarts=not options.no_restarts)
    print(json.dumps([asdict(one) for one in results]) if options.json else table(results))
    wrong = [one for one in results if known[one.name].exactly_once and (one.lost or one.repeated)]
    return 1 if wrong or len(results) < len(chosen) else 0


def _names() -> str:
    return f"one of {', '.join(_contestants.ALL)}; may be repeated"


def progress(line: str) -> None:
    """For a person who waits."""
    print(line, file=sys.stderr, flush=True)


def run(chosen: Sequence[Contestant], records: int, *, restarts: bool) -> list[Result]:
    """One after the other on one broker. A contestant that cannot start is left out, with a sentence."""
    results = []
    with Cluster(registry=False, progress=progress) as cluster, tempfile.TemporaryDirectory() as folder:
        broker = psutil.Process(cluster.kafka.children[1].pid)
        for contestant in chosen:
            size = min(records, contestant.records_max)
            with job(cluster.bootstrap_servers, f"{contestant.name}-{int(time.time())}") as work:
                try:
                    contestant.prepare(work)
                    progress(f"{contestant.name}: feeding {size:,} records")
                    work.feed(size)
                    bench = Bench(contestant, work, Path(folder) / work.name, broker)
                    results.append(bench.measure(restarts=restarts))
                except Misconfigured as error:
                    progress(f"{contestant.name} is left out: {error}")
    return results


class Bench:
    """One contestant on its job."""

    def __init__(self, contestant: Contestant, work: Job, folder: Path, broker: psutil.Process) -> None:
        self._contestant, self._job, self._folder, self._broker = contestant, work, folder, broker
        self._result = Result(contestant.name, work.fed)
        self._children: list[Child] = []
        folder.mkdir()

    def measure(self, *, restarts: bool, is_checked: bool = True) -> Result:
        """Cold start and throughput, then the two other starts, then what it wrote, unless it is not checked."""
        progress(f"{self._contestant.name}: running")
        with self._running() as processes:
            self._throughput(processes)
        if restarts:
            self._result.first_warm_s = self._restart()
            for number in range(self._contestant.workers):
                shutil.rmtree(self._state(number))
            keys = self._job.keys
            self._result.first_wiped_s = self._restart()
            seconds = self._result.first_wiped_s - self._result.first_warm_s
            self._result.restored_per_s = keys / seconds if seconds > 0 else None
        if is_checked:
            self._result.lost, self._result.repeated = self._job.verdict()
        return self._result

    @contextmanager
    def _running(self) -> Iterator[list[psutil.Process]]:
        self._started_s = time.monotonic()
        self._children.clear()
        try:
            for number in range(self._contestant.workers):
                start = self._contestant.start(self._job, self._state(number), number)
                self._children.append(Child(start.command, self._folder / f"{number}.log", env=start.env))
            yield [psutil.Process(child.pid) for child in self._children]
        finally:
            for child in self._children:
                child.terminate()
            for child in self._children:
                child.stop()

    def _state(self, number: int) -> Path:
        return self._folder / f"state-{number}"

    def _throughput(self, processes: list[psutil.Process]) -> None:
        result, rss = self._result, 0

        def look() -> int:
            nonlocal rss
            rss = max(rss, sum(process.memory_info().rss for process in processes))
            return self._done()

        first = self._until(look, 1)
        began_s, before_s, kafka_s, all_s = time.monotonic(), cpu_s(processes), cpu_s([self._broker]), machine_cpu_s()
        self._until(look, self._all())
        ended_s = time.monotonic()
        used_s, kafka_s, all_s = cpu_s(processes) - before_s, cpu_s([self._broker]) - kafka_s, machine_cpu_s() - all_s
        millions = self._job.fed * max(1 - first / self._all(), 1e-6) / 1e6
        result.first_cold_s = began_s - self._started_s
        result.wall_s = ended_s - self._started_s
        result.records_per_s = millions * 1e6 / (ended_s - began_s)
        result.cpu_s_per_million = used_s / millions
        result.kafka_cpu_s_per_million = kafka_s / millions
        result.others_cores = (all_s - used_s - kafka_s) / (ended_s - began_s)
        result.rss_mib = rss / 2**20

    def _restart(self) -> float:
        """Seconds to the first commit of 1,000 new records; ends when all are committed."""
        before = self._done()
        self._job.feed(EXTRA)
        with self._running():
            self._until(self._done, before + 1)
            first_s = time.monotonic() - self._started_s
            self._until(self._done, self._all())
        return first_s

    def _done(self) -> int:
        return self._job.emitted() if self._contestant.by_output else self._job.committed()

    def _all(self) -> int:
        return self._job.keys if self._contestant.by_output else self._job.fed

    def _until(self, look: Callable[[], int], wanted: int) -> int:
        deadline = time.monotonic() + PATIENCE_S
        while (seen := look()) < wanted:
            dead = next((child for child in self._children if not child.running()), None)
            if dead or time.monotonic() > deadline:
                says = (dead or self._children[0]).last_words()
                raise Misconfigured(f"it {'ended' if dead else 'hangs'} at {seen} of {wanted} records and says: {says}")
            time.sleep(LOOK_S)
        return seen


HEAD = (
    "name | records | records/s | all s | cpu | kafka | others | rss "
    "| first s: cold | warm | wiped | restore/s | lost | rep."
)


def table(results: Sequence[Result]) -> str:
    """A table that a Markdown page takes, and how many times each is what ours with one worker is."""
    rows = [HEAD, "|".join(["---", *["---:"] * (HEAD.count("|"))])]
    rows += [" | ".join(_cells(one)) for one in results]
    return "\n".join(f"| {row} |" for row in rows) + _ratios(results)


def _cells(one: Result) -> list[str]:
    figures = [one.wall_s, one.cpu_s_per_million, one.kafka_cpu_s_per_million, one.others_cores]
    starts = [one.first_cold_s, one.first_warm_s, one.first_wiped_s]
    return [
        one.name,
        f"{one.records:,}",
        f"{one.records_per_s:,.0f}",
        *(f"{figure:.1f}" for figure in figures),
        f"{one.rss_mib:.0f}",
        *("" if start is None else f"{start:.1f}" for start in starts),
        "" if one.restored_per_s is None else f"{one.restored_per_s:,.0f}",
        f"{one.lost:,}",
        f"{one.repeated:,}",
    ]


def _ratios(results: Sequence[Result]) -> str:
    ours = next((one for one in results if one.name == "ours_1"), None)
    if ours is None or len(results) == 1:
        return ""
    lines = [
        f"{one.name}: ours does {ours.records_per_s / one.records_per_s:.1f} times its records/s at "
        f"{ours.cpu_s_per_million / one.cpu_s_per_million:.2f} of its CPU"
        for one in results
        if one is not ours
    ]
    return "\n\n" + "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
