"""The file that the gateways read: a secret put first, old ones taken out by their fingerprints."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

from pydantic import SecretStr

from connectors.control.rotation.replacing import check_replaceable, replace
from connectors.control.rotation.secret_text import put_first, without
from connectors.control.signing_secret import check_private, fingerprint
from connectors.webhook import secret_files
from streams.ops.errors import Misconfigured

_BOM = b"\xef\xbb\xbf"


class SecretFile:
    """One file of secrets. Its symlinks are followed: what they lead to is replaced, and they stay.

    Raises Misconfigured for one that cannot be read, has no secret, or that others can read.
    """

    def __init__(self, path: Path) -> None:
        self.shown = path
        self.path = Path(os.path.realpath(path))  # Path.resolve raises for a symlink that leads to itself
        self.secrets()
        check_private(self.path)

    def secrets(self) -> dict[str, SecretStr]:
        """As it is now: by fingerprint, newest first."""
        return {fingerprint(one): one for one in map(SecretStr, secret_files.read(self.path))}

    def check(self) -> None:
        """Raises Misconfigured where it could not be replaced."""
        check_replaceable(self.path)

    def put_first(self, secret: SecretStr) -> None:
        """Also of one that is further behind; nothing is written where it is the first."""
        self._edit(lambda text: put_first(text, secret.get_secret_value()))

    def take_out(self, fingerprints: Collection[str]) -> None:
        """Nothing is written where none of them is there. Raises Misconfigured where no other would be left."""
        if not set(self.secrets()) - set(fingerprints):
            raise Misconfigured(f"{self.shown} would hold no secret then: nobody could be let in")
        self._edit(lambda text: without(text, lambda secret: fingerprint(SecretStr(secret)) in fingerprints))

    def _edit(self, edit: Callable[[str], str]) -> None:
        try:
            before = secret_files.content(self.path)
            mark = _BOM if before.startswith(_BOM) else b""
            after = mark + edit(before.removeprefix(mark).decode()).encode()
            if after != before:
                replace(self.path, after, self.path.stat())
        except OSError as error:
            raise Misconfigured(f"cannot replace {self.shown}: {error.strerror}") from None
