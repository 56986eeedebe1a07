"""`python -m benchmarks` runs every benchmark, `python -m benchmarks NAME [options]` one, `--list` names them.

A benchmark is a module of this folder that can be run, or a package with a `__main__`; names that begin with `_` are
helpers. Each has a process of its own, so that none pays for the memory of another.
"""

import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    """Name of each benchmark → first line of its docstring."""
    files = {path.stem: path for path in HERE.glob("*.py") if not path.stem.startswith("_")}
    files |= {path.parent.name: path for path in HERE.glob("*/__main__.py")}
    return {name: _first_line(path) for name, path in sorted(files.items())}


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def main(arguments: list[str]) -> int:
    """Exit code: 0, or the first one that is not 0."""
    known = benchmarks()
    name, *options = arguments or ["all"]
    if name == "--list":
        print("\n".join(f"{name:<14} {says}" for name, says in known.items()))
        return 0
    if name not in {"all", *known}:
        print(f"no benchmark {name!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = list(known) if name == "all" else [name]
    codes = [subprocess.call([sys.executable, "-m", f"benchmarks.{one}", *options]) for one in wanted]
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
