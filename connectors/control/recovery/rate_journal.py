"""The endpoint's rate is lowered while much is sent again, so that what is new is not held up; and put back.

The rate of before is in a file before it is changed: who was killed finds it at the next run, and puts it back first.
"""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from streams.ops.errors import Misconfigured

SetRate = Callable[[str, int | None], Awaitable[None]]


class RateJournal:
    """`path`: readable by its user alone; it holds an id and a number."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def put_back(self, set_rate: SetRate) -> str:
        """What a run that was killed left lowered: its sentence, "" for nothing. Raises Misconfigured, Unavailable."""
        try:
            kept = json.loads(self._path.read_bytes())
            id, rate = str(kept["endpoint"]), kept["rate"]
            if rate is not None and not isinstance(rate, int):
                raise TypeError
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError):
            raise Misconfigured(
                f"{self._path} does not say which rate an endpoint had: set that by hand, and delete the file"
            ) from None
        try:
            await set_rate(id, rate)
        except Misconfigured as error:
            raise Misconfigured(
                f"the rate of {id[:64]} is still lowered, and is to be {_words(rate)} again: {error}. If there is no "
                f"such endpoint any more, delete {self._path}"
            ) from None
        self._path.unlink()
        return f"a recovery was stopped before it could put the rate back: it is {_words(rate)} again"

    @asynccontextmanager
    async def lowered(self, set_rate: SetRate, id: str, rate: int | None, meanwhile: int | None) -> AsyncIterator[None]:
        """`meanwhile` None: as it is. Put back at the end, however that comes."""
        if meanwhile is None or (rate is not None and rate <= meanwhile):
            yield
            return
        self._write(json.dumps({"endpoint": id, "rate": rate}).encode())
        try:
            await set_rate(id, meanwhile)
            yield
        finally:
            await self.put_back(set_rate)

    def _write(self, data: bytes) -> None:
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Misconfigured(
                f"cannot write {self._path} ({error.strerror}), from which the rate is put back: another folder, or "
                "--keep-rate"
            ) from None


def _words(rate: int | None) -> str:
    return "no limit" if rate is None else f"{rate} a second"
