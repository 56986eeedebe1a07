"""`make sbom`: what the image installs, as a list of parts (CycloneDX) and a list of licences.

Makes the environment of deploy/Dockerfile (the same extras, the same constraints, without pip) and describes it. Debian
and Python, which the image takes from its base, are not in it: ask its maker, or a scanner of images. Nor are
the Java programs of the demo, which the image does not have.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LICENSES = ("--format=markdown", "--with-urls", "--from=mixed")


def main(tools: Path, made: Path) -> int:
    """Write both lists into `made`. `tools`: a folder with pip, cyclonedx-py and pip-licenses."""
    python = environment(tools, made / "environment")
    made.joinpath("parts.cdx.json").unlink(missing_ok=True)
    project = ("--pyproject", ROOT / "pyproject.toml", "--mc-type", "application", "--output-reproducible")
    run(tools / "cyclonedx-py", "environment", *project, "--output-file", made / "parts.cdx.json", python)
    text = run(tools / "pip-licenses", f"--python={python}", *LICENSES)
    made.joinpath("licenses.md").write_text(text, encoding="utf-8")
    print(f"sbom: {text.count(chr(10)) - 2} packages in {made / 'parts.cdx.json'} and {made / 'licenses.md'}")
    return 0


def environment(tools: Path, folder: Path) -> Path:
    """Install what the image does; the Python of it."""
    run(Path(sys.executable), "-m", "venv", "--without-pip", "--clear", folder)
    python = folder / "bin" / "python"
    pip = (tools / "pip", "--quiet", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "-c", ROOT / "constraints.txt", *needs())
    return python


def needs() -> list[str]:
    """What the package asks for, with the extras of the image. Ourselves are the root of the list of parts."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    more = [project["optional-dependencies"][name] for name in extras().split(",")]
    return [*project["dependencies"], *(need for some in more for need in some)]


def extras() -> str:
    """Those that deploy/Dockerfile installs, separated by commas."""
    (found,) = re.findall(r"^ARG EXTRAS=(\S+)$", (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    return str(found)


def run(program: Path, *words: str | Path) -> str:
    """What it prints; the program's own error ends us."""
    return subprocess.run([program, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
