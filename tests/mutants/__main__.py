"""`python -m tests.mutants [FILE ...]`: survivors with their diff. Exits 1 if one of them is not explained."""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.mutants.rooms import ROOMS

REPO = Path(__file__).resolve().parents[2]
EXPLAINED = Path(__file__).with_name("equivalent.toml")
COPIED = ("streams", "connectors", "tests", "avro", "docs", "deploy", "README.md")
MUTMUT = [sys.executable, "-m", "mutmut"]
CONF = """[mutmut]
source_paths=
    streams
    connectors
only_mutate={file}
also_copy=
    avro
    docs
    deploy
    README.md
do_not_mutate_patterns=
    raise [A-Za-z]+Error\\(
pytest_add_cli_args=
    -p
    no:cacheprovider
    -p
    tests.mutants.fresh
    -o
    asyncio_mode=auto
pytest_add_cli_args_test_selection=
    {tests}
"""


class Mutant(NamedTuple):
    """A change of one place that no test noticed, or that no test of its room runs."""

    file: str
    line: str
    instead: str


def main(files: list[str]) -> int:
    reasons = {Mutant(one["file"], one["line"], one["instead"]) for one in _explained()}
    unknown = 0
    for file in files or ROOMS:
        with tempfile.TemporaryDirectory() as folder:
            survivors, told = _survivors(file, Path(folder))
        new = [one for one in survivors if one not in reasons]
        print(f"{file}: {told}; explained {len(survivors) - len(new)}, new {len(new)}", flush=True)
        for one in new:
            print(f"  - {one.line}\n  + {one.instead}", flush=True)
        unknown += len(new)
    return 1 if unknown else 0


def _explained() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = tomllib.loads(EXPLAINED.read_text()).get("equivalent", [])
    return rows


def _survivors(file: str, folder: Path) -> tuple[list[Mutant], str]:
    """In a copy: the tester writes beside what it changes. Raises SystemExit where it did not run to its end."""
    for name in _out(["git", "ls-files", "-z", *COPIED], REPO).split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / name, folder / name)
    (folder / "setup.cfg").write_text(CONF.format(file=file, tests="\n    ".join(ROOMS[file])))
    run = subprocess.run([*MUTMUT, "run", "--max-children", "1"], cwd=folder, capture_output=True, text=True)
    lines = _out([*MUTMUT, "results", "--all", "true"], folder).splitlines()
    became = {name.strip(): what.strip() for name, _, what in (line.partition(": ") for line in lines) if what}
    if run.returncode or not became:
        raise SystemExit(f"mutmut did not run: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    left = [name for name, what in became.items() if what not in ("killed", "timeout")]
    told = ", ".join(f"{what} {n}" for what, n in Counter(became.values()).most_common())
    return [_mutant(file, name, folder) for name in left], f"{len(became)} mutants, {told}"


def _mutant(file: str, name: str, folder: Path) -> Mutant:
    lines = [line for line in _out([*MUTMUT, "show", name], folder).splitlines() if line[:3] not in ("---", "+++")]
    removed, added = ([line[1:].strip() for line in lines if line[:1] == sign] for sign in "-+")
    return Mutant(file, " ".join(removed), " ".join(added))


def _out(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
