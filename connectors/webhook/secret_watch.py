"""Reads the endpoints again when a file of theirs has another content, and when a person asks for it (SIGHUP)."""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path

from connectors.webhook import secret_files
from connectors.webhook.endpoints import Endpoints
from streams.ops import log
from streams.ops.errors import Misconfigured, place
from streams.ops.settings import sources

Contents = Mapping[Path, bytes]

CHECK_EVERY_S = 2.0
SETTLED_S = 0.2  # an editor may write a file in two pieces, and the first alone may lack the old secret


class SecretWatch:
    """Wrong content changes nothing, and is logged once: the endpoints stay as they are until the next change."""

    # Contents are compared, because Kubernetes swaps a folder of symlinks and keeps times. Files are small; to be told
    # by the kernel would take a watch on each folder on the way.
    def __init__(self, endpoints: Endpoints, *, settled_s: float = SETTLED_S) -> None:
        self._endpoints = endpoints
        self._settled_s = settled_s
        self._logger = log.get("gateway")
        self._asked = asyncio.Event()
        self._seen: Contents | None = None  # so the first check reads again: they may have changed since the start

    def ask(self) -> None:
        """Read again now, whatever the files say. For a signal handler of the event loop."""
        self._asked.set()

    async def run(self) -> None:
        """Check every two seconds, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), CHECK_EVERY_S)
            is_asked = self._asked.is_set()
            self._asked.clear()
            await self.check(is_asked=is_asked)

    async def check(self, *, is_asked: bool = False) -> None:
        """Take what the files hold where that has changed since the last check. Never raises."""
        try:
            contents = await asyncio.to_thread(self._contents)
            if contents != self._seen or is_asked:
                await asyncio.to_thread(self._reload, await self._settled(contents), is_asked=is_asked)
        except Exception as error:  # a bug must not end the checks: no change would ever count again
            self._logger.error("secrets_not_read", kind=type(error).__name__, at=place(error))

    async def _settled(self, contents: Contents) -> Contents:
        """What the files hold once they have stopped to change."""
        while True:
            await asyncio.sleep(self._settled_s)
            before, contents = contents, await asyncio.to_thread(self._contents)
            if before == contents:
                return contents

    def _reload(self, contents: Contents, *, is_asked: bool) -> None:
        try:
            self._seen = contents
            settings = self._endpoints.read()
            # Of a file that is new here, what it holds before it is taken. Of the others what was there before they
            # were read: what changes meanwhile differs from it at the next check.
            self._seen = {path: contents.get(path, now) for path, now in self._contents().items()}
            if not self._endpoints.take(settings) and is_asked:
                self._logger.info("secrets_unchanged")
        except Misconfigured as error:
            self._logger.error("secrets_not_taken", why=f"{error}; those from before stay in use")

    def _contents(self) -> Contents:
        """Of all files from which endpoints may come."""
        return {path: _content(path) for path in [*sources("endpoints"), *self._endpoints.files]}


def _content(path: Path) -> bytes:
    """A hash of a file's bytes, "" for one that cannot be read."""
    try:
        return hashlib.sha256(secret_files.content(path)).digest()
    except (OSError, ValueError, Misconfigured):
        return b""
