"""Who a user is, by the index as it lies on the disk, while another process may keep it.

RocksDB lets others read what it has flushed; the binding would write a file of its own beside, so it is shown links.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rocksdict

from streams.lineage.index import beside
from streams.lineage.index.database import FILES, FORMAT, FORMAT_KEY
from streams.lineage.index.rows import keys
from streams.ops.errors import Unavailable

TRIES = 3  # files may go between the list of them and the opening
AGAIN_S = 0.2


def user_known(folder: Path, given: str, as_written: str) -> str:
    """The id of the user that a person means, as `trace` and `story` take it: Junction's own, or the app's.

    `given`: in its one spelling. "" where the index knows neither, or there is none; what came in the last five minutes
    it may not have yet. Raises Unavailable where its files cannot be read.
    """
    for _ in range(TRIES):
        try:
            return _user_known(folder / FILES, given, as_written)
        except Exception as error:  # rocksdict raises plain exceptions
            failed = error
            time.sleep(AGAIN_S)
    raise Unavailable(f"the lineage index in {folder} cannot be read now ({type(failed).__name__})") from None


def _user_known(files: Path, given: str, as_written: str) -> str:
    if not (files / "CURRENT").exists():
        return ""
    with _opened(files) as db:
        if db.get(FORMAT_KEY) != FORMAT:
            return ""
        if any(True for family in (keys.LINK, keys.HISTORY) for _ in _rows(db, beside.state_prefix(family, given))):
            return given
        owners = (beside.owner_of_client(_rows(db, beside.client_prefix(one)), one) for one in (as_written, given))
        return next(filter(None, owners), "")


@contextmanager
def _opened(files: Path) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        for file in files.absolute().iterdir():
            if file.name.startswith(("CURRENT", "MANIFEST", "OPTIONS")) or file.suffix == ".sst":
                (Path(folder) / file.name).symlink_to(file)
        db = rocksdict.Rdict(
            folder, options=rocksdict.Options(raw_mode=True), access_type=rocksdict.AccessType.read_only()
        )
        try:
            yield db
        finally:
            db.close()


def _rows(db: Any, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    options = rocksdict.ReadOptions()
    options.set_iterate_upper_bound(keys.end_of(prefix))
    yield from db.items(from_key=prefix, read_opt=options)
