"""The journal of a rotation: which step is done, of which secret. It holds fingerprints, never a secret.

It lies beside the file of secrets, `NAME.rotation.json`: who can go on with a rotation can write there, and it shares
the fate of that file. The new secret itself is in the file of secrets alone.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from connectors.control.rotation.replacing import replace
from streams.ops.errors import Misconfigured

_BYTES_MAX = 1024 * 1024
_PAST_MAX = 100


class RotationStep(StrEnum):
    """The step that was done last. Each may be done again."""

    MADE = "made"  # a secret, in this process alone
    WRITTEN = "written"  # first into the file
    TAKEN = "taken"  # by every gateway
    SENT = "sent"  # to Junction; whether it arrived is not known
    CONFIRMED = "confirmed"  # read back
    REMOVING = "removing"  # the old ones, out of the file


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rotation under way. `new`, `old`: fingerprints; `old` those that go. Times are Unix seconds, 0 for not yet."""

    step: RotationStep
    new: str
    old: tuple[str, ...]
    began_s: float
    sent_s: float = 0.0
    confirmed_s: float = 0.0
    is_leaked: bool = False


class PastRotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One that is over, or that the next one took up. `finished_s`: when its old ones were out, 0 for the latter."""

    new: str
    sent_s: float
    finished_s: float = 0.0


class RotationJournal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one endpoint. `past`: oldest first."""

    rotation: Rotation | None = None
    past: tuple[PastRotation, ...] = ()

    def with_past(self, finished_s: float) -> "RotationJournal":
        """The rotation under way is over."""
        one = self.rotation
        gone = (PastRotation(one.new, one.sent_s, finished_s),) if one and one.sent_s else ()
        return RotationJournal(None, (*self.past, *gone)[-_PAST_MAX:])

    def sent_s(self) -> list[float]:
        """When Junction was given a new secret, oldest first."""
        current = [self.rotation.sent_s] if self.rotation else []
        return sorted(filter(None, [*(one.sent_s for one in self.past), *current]))


class JournalFile:
    """Where the journal of an endpoint is."""

    def __init__(self, secret_file: Path, name: str) -> None:
        self.path = Path(os.path.realpath(secret_file)).with_name(f"{name}.rotation.json")

    def read(self) -> RotationJournal:
        """An empty one where there is none. Raises Misconfigured for one that cannot be read."""
        try:
            with self.path.open("rb") as file:
                return msgspec.json.decode(file.read(_BYTES_MAX), type=RotationJournal)
        except FileNotFoundError:
            return RotationJournal()
        except OSError as error:
            raise Misconfigured(f"cannot read {self.path}: {error.strerror}") from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Misconfigured(
                f"{self.path} is no journal of a rotation, or of another version: move the file away, and look with "
                "--status which secret Junction has"
            ) from None

    def write(self, journal: RotationJournal) -> None:
        """Kept when this returns, through a power cut as well. Raises Misconfigured."""
        try:
            replace(self.path, msgspec.json.format(msgspec.json.encode(journal)) + b"\n")
        except OSError as error:
            raise Misconfigured(f"cannot write {self.path}: {error.strerror}") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One rotation at a time in a folder; a killed one holds nothing. Raises Misconfigured while one runs."""
        try:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise Misconfigured(f"cannot open {self.path.parent}: {error.strerror}") from None
        try:
            _lock(folder)
            yield
        finally:
            os.close(folder)


def _lock(folder: int) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Misconfigured("another rotation runs beside this file of secrets: wait for its end") from None
