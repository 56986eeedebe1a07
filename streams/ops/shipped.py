"""Files of the program that are kept outside its packages: schemas, alert rules, dashboards."""

from importlib import resources
from pathlib import Path

# A Path, not a Traversable: the program has compiled parts, so it is never imported from a zip file.
_PACKAGE = Path(str(resources.files("streams")))
# A wheel has them inside (setup.py puts them there); a checkout, and so an editable install, has them beside.
ROOT = _PACKAGE / "shipped" if (_PACKAGE / "shipped").is_dir() else _PACKAGE.parent


def folder(name: str) -> Path:
    """The folder that is `name` in the repository, such as `avro` or `deploy/alerts`."""
    return ROOT / name
