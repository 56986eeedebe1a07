"""Signing secrets that both sides take: made here, checked before Junction is called, read from the gateway's file.

Junction takes `^(whsec_)?[a-zA-Z0-9+/=]{32,100}$`; Standard Webhooks asks for 24 to 64 bytes, and so does the gateway.
"""

import base64
import os
import re
import secrets
import stat
from pathlib import Path

from pydantic import SecretStr

from connectors.webhook import secret_files
from streams.events.signature import Keyring
from streams.ops.errors import Misconfigured

PREFIX = "whsec_"
_KEY_BYTES = 32
_AT_JUNCTION = re.compile(r"(whsec_)?[a-zA-Z0-9+/=]{32,100}")


def make() -> SecretStr:
    """A new one of 32 random bytes."""
    return SecretStr(PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())


def check(secret: SecretStr, where: str) -> SecretStr:
    """The secret, if Junction and the gateway can use it. Raises Misconfigured, never with its text."""
    text = secret.get_secret_value()
    if text.startswith("whpk_"):
        raise Misconfigured(f"{where} is a public key (whpk_): Junction signs with a secret that both sides have")
    if not _AT_JUNCTION.fullmatch(text):
        count = len(text.removeprefix(PREFIX))
        raise Misconfigured(
            f"{where} is no secret that Junction takes: whsec_ and 32 to 100 characters of base64 (it has {count}). "
            "`junction-streams webhooks secret FILE` makes one"
        )
    try:
        Keyring.parse([text])
    except Misconfigured as error:
        raise Misconfigured(f"{where}: {error}") from None
    return secret


def fingerprint(secret: SecretStr) -> str:
    """Eight hex digits, as the gateway logs them."""
    return Keyring.parse([secret.get_secret_value()], any_length=True).fingerprints[0]


def first(path: Path) -> SecretStr:
    """The newest secret of the gateway's file. Raises Misconfigured for none, and for a file that others can read."""
    if not path.exists():
        raise Misconfigured(
            f"there is no {path}, the file with the signing secret that the gateway reads: "
            f"`junction-streams webhooks secret {path}` makes one"
        )
    check_private(path)
    return check(SecretStr(secret_files.read(path)[0]), f"the first line of {path}")


def check_private(path: Path) -> None:
    """Raises Misconfigured where other users of this host may read a file of secrets."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from None
    if stat.S_ISREG(mode) and mode & stat.S_IRWXO and secret_files.is_world_readable(path):
        raise Misconfigured(f"every user of this host can read {path}, and so sign as Junction: chmod o-rwx {path}")


def write_new(path: Path) -> SecretStr:
    """A new secret in a new file, for its user alone (0600). Raises Misconfigured where there is one already."""
    secret = make()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Misconfigured(
            f"{path} is there already, and nothing was changed: `junction-streams webhooks rotate` turns a secret"
        ) from None
    except OSError as error:
        raise Misconfigured(f"cannot make {path}: {error.strerror}") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{secret.get_secret_value()}\n")
    return secret
