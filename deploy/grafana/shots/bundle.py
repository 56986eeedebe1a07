"""Grafana's components and our page as one script, made once for each version of their sources."""

import functools
import shutil
import subprocess
from pathlib import Path

from streams.demo.cluster import jars
from streams.ops.errors import Misconfigured

HERE = Path(__file__).parent
SOURCES = tuple(HERE / name for name in ("page.tsx", "panel.tsx"))
PACKAGES = HERE / "package.json"
_INSTALL = ("install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
_OPTIONS = (
    *("--bundle", "--minify", "--outfile=page.js", '--define:process.env.NODE_ENV="production"'),
    *("--define:global=window", "--loader:.svg=dataurl", "--loader:.woff2=dataurl", "--loader:.ttf=empty"),
)


@functools.cache
def made() -> Path:
    """Folder with page.js, page.css and the icons that they load. Raises Misconfigured."""
    folder = jars.cache_of(b"".join(path.read_bytes() for path in (PACKAGES, *SOURCES)))
    jars.once(folder, _bundle)
    return folder


def _bundle(folder: Path) -> None:
    packages = jars.cache_of(PACKAGES.read_bytes())
    jars.once(packages, _install)
    work = folder / "work"
    work.mkdir()
    for path in SOURCES:
        shutil.copy(path, work)
    modules = packages / "node_modules"
    (work / "node_modules").symlink_to(modules)
    run(str(modules / ".bin" / "esbuild"), "page.tsx", *_OPTIONS, folder=work)
    for path in (work / "page.js", work / "page.css"):
        path.rename(folder / path.name)
    shutil.copytree(modules / "@grafana/ui/dist/public/img", folder / "public/build/img")
    shutil.rmtree(work)


def _install(folder: Path) -> None:
    shutil.copy(PACKAGES, folder)
    run("npm", *_INSTALL, folder=folder)


def run(program: str, *words: str, folder: Path | None = None, good: tuple[int, ...] = (0,)) -> str:
    """What it says on stderr; `good`: exit codes. Raises Misconfigured."""
    if not shutil.which(program):
        raise Misconfigured(f"there is no `{program}` on the path (Debian: apt install {program})")
    done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in good:
        raise Misconfigured(f"`{program}` failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stderr
