"""Puts the files that the program carries, and that the repository keeps outside its packages, into the wheel.

`streams.ops.shipped` reads them: there in an installed package, at the root of a checkout. Everything else about the
package is in pyproject.toml.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PATTERNS = (
    "avro/*.avsc",
    "avro/README.md",
    "avro/released/*.json",
    "deploy/alerts/*.toml",
    "deploy/grafana/dashboards/*.json",
    "deploy/prometheus/*.yml",
)


class BuildWithFiles(build_py):
    """Copies `PATTERNS` to `streams/shipped/`; an editable install reads them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._shipped().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self._shipped().values()]

    def _shipped(self) -> dict[str, str]:
        """Source, relative to this file, and its place under the build folder."""
        sources = [str(path) for pattern in PATTERNS for path in sorted(Path().glob(pattern))]
        return {source: str(Path(self.build_lib, "streams", "shipped", source)) for source in sources}


setup(cmdclass={"build_py": BuildWithFiles})
