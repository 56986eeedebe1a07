"""`python -m tests.fuzz --seconds 600`: bytes of every kind against decode and fold, for a time. Exit 1 at a finding.

Seeds are the published samples, where they are, and events of a simulated world. What is found lies in the folder
that is named, as a body that `junction-streams explain` takes.
"""

import argparse
import hashlib
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:  # an extra: without it the same changes run unguided
    atheris = None

FOLDER = Path(".state/fuzz")
BODY_BYTES_MAX = 50_000


def main() -> int:
    options = _options()
    corpus = FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    if atheris is None:
        print("without atheris (pip install atheris): unguided", file=sys.stderr)
        return _unguided(corpus, options)
    with atheris.instrument_imports(include=["streams"], enable_loader_override=False):
        from tests.fuzz.law import check
    _seed(corpus)
    arguments = [
        sys.argv[0],
        f"-max_total_time={options.seconds}",
        f"-max_len={BODY_BYTES_MAX}",
        f"-seed={options.seed}",
    ]
    arguments += [f"-artifact_prefix={FOLDER}/", "-rss_limit_mb=3000", "-print_final_stats=1", str(corpus)]
    atheris.Setup(arguments, lambda data: check(bytes(data)), custom_mutator=_mutator)
    atheris.Fuzz()  # ends the process: 0, or 77 at a finding
    return 0


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="time budget")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another search")
    return parser.parse_args()


def _seed(corpus: Path) -> None:
    """Bodies to begin with, by their hash: seeding again adds nothing."""
    from tests.fuzz.seeds import bodies

    for body in bodies():
        (corpus / hashlib.sha256(body).hexdigest()[:20]).write_bytes(body)


def _mutator(data: bytes, max_size: int, seed: int) -> bytes:
    """Mostly changes of the JSON, sometimes of the bytes."""
    from tests.fuzz.mutate import mutated

    if seed % 5 == 0:
        return bytes(atheris.Mutate(data, max_size))
    return mutated(data, seed)[:max_size]


def _unguided(corpus: Path, options: Any) -> int:
    from tests.fuzz.law import check
    from tests.fuzz.mutate import mutated

    _seed(corpus)
    chance, done, until_s = random.Random(options.seed), 0, time.monotonic() + options.seconds
    known = [path.read_bytes() for path in sorted(corpus.iterdir())]
    while time.monotonic() < until_s:
        body = mutated(chance.choice(known), chance.getrandbits(32))
        try:
            check(body)
        except Exception:
            traceback.print_exc()
            path = FOLDER / f"found-{hashlib.sha256(body).hexdigest()[:12]}.json"
            path.write_bytes(body)
            print(f"found: {path}", file=sys.stderr)
            return 1
        done += 1
    print(f"{done:,} bodies, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
