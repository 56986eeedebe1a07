"""The package as a user gets it: built from what is under version control, tried outside the checkout.

python -m tests.house.package      (`make package`) installs the wheel into an empty environment, everything else
                                   with it as constraints.txt pins it, and prints what the commands say
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from streams.simulator.world.world import World
from tests.house.test_house import FILES, ROOT

DEMO = ("demo", "--once", "--json", "--users", "2", "--days", "1")


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel and the sdist it is made from, in `folder`; a copy is built, as setuptools leaves files behind."""
    source, made = folder / "source", folder / "dist"
    for path in FILES:
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", made, source)
    return next(made.glob("*.whl")), next(made.glob("*.tar.gz"))


def beside(wheel: Path, folder: Path) -> Path:
    """An environment with the wheel, and with the libraries of this one beside it. Returns its `bin`."""
    _run(sys.executable, "-m", "venv", "--without-pip", folder)
    programs = folder / "bin"
    _run(sys.executable, "-m", "pip", "--python", programs / "python", "install", "--no-index", "--no-deps", wheel)
    # A .pth that is found through another one is not run: our own editable install stays out.
    (_site_packages(programs) / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return programs


def alone(wheel: Path, folder: Path) -> Path:
    """An environment with the wheel and what it needs, and nothing else. Returns its `bin`."""
    _run(sys.executable, "-m", "venv", folder)
    _run(folder / "bin/python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    return folder / "bin"


@dataclass(frozen=True)
class Installed:
    """An installed package: the `bin` of its environment, and the empty folder in which its commands run."""

    programs: Path
    folder: Path

    def run(self, *arguments: str, settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """One command, without settings of this process."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMS_", "PYTHON"))}
        env = {**inherited, "XDG_STATE_HOME": str(self.folder.parent / "state-home"), **(settings or {})}
        command = [self.programs / "junction-streams", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=300, check=False
        )


def body() -> bytes:
    """A webhook body that needs a schema."""
    events = World(seed=1, users=1, days=2, end_ms=1_795_000_000_000).events()
    return next(event.body for event in events if event.event_type == "daily.data.sleep.created")


def _site_packages(programs: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(_run(programs / "python", "-c", code).strip())


def _run(*command: str | Path) -> str:
    """What it prints. Raises CalledProcessError, behind what it complained of."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    done.check_returncode()
    return done.stdout


def main() -> int:
    """0 when every command ended as it has to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel, sdist = build(folder)
        installed = Installed(alone(wheel, folder / "venv"), folder / "empty")
        installed.folder.mkdir()
        (folder / "body.json").write_bytes(body())
        print(f"{wheel.name} ({wheel.stat().st_size:,} bytes), {sdist.name}; in an environment of its own:")
        return sum(
            _shown(installed, wanted, *arguments)
            for wanted, arguments in (
                (0, ("--version",)),
                (0, ("--help",)),
                (0, ("explain", str(folder / "body.json"))),
                (2, ("topics", "plan")),
                (0, DEMO),
            )
        )


def _shown(installed: Installed, wanted: int, *arguments: str) -> int:
    started = monotonic()
    done = installed.run(*arguments)
    print(f"\n$ junction-streams {' '.join(arguments)}\n{done.stdout}{done.stderr}", end="")
    print(f"(exit {done.returncode} after {monotonic() - started:.1f} s)")
    return int(done.returncode != wanted)


if __name__ == "__main__":
    sys.exit(main())
