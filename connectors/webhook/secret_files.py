"""Files that hold the secrets of an endpoint: one a line, newest first; `#` begins a comment, blank lines are nothing.

Named in the settings as `file:/run/secrets/junction`, alone or as an item of the list. A text, so that each item stays
one; and no secret can be taken for a file, because base64 has no colon.
"""

import stat
from collections.abc import Iterable
from pathlib import Path

from streams.ops.errors import Misconfigured
from streams.ops.settings import FILE, Settings

BYTES_MAX = 65_536


def files(settings: Settings) -> list[Path]:
    """Every file that the endpoints name."""
    texts = [one.get_secret_value() for secrets in settings.endpoints.values() for one in secrets]
    return [Path(text.removeprefix(FILE)) for text in texts if text.startswith(FILE)]


def secrets_of(settings: Settings, name: str) -> list[str]:
    """The secrets of an endpoint, newest first; in place of a file its lines. Raises Misconfigured."""
    return list(_resolved(one.get_secret_value() for one in settings.endpoints[name]))


def _resolved(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        if text.startswith(FILE):
            yield from read(Path(text.removeprefix(FILE)))
        else:
            yield text


def read(path: Path) -> list[str]:
    """The secrets of a file. Raises Misconfigured where it holds none, or cannot be read; never with its text."""
    try:
        secrets = parse(content(path).decode("utf-8-sig"))
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is no text in UTF-8") from None
    except ValueError:
        raise Misconfigured("a file's path has a zero byte in it") from None
    if not secrets:
        raise Misconfigured(f"{path} holds no secret: one a line is expected, the newest first")
    return secrets


def parse(text: str) -> list[str]:
    """The secrets of a file's text."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def content(path: Path) -> bytes:
    """The bytes of a file. Raises OSError, also for what is none, and Misconfigured for one that is too large."""
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
        raise OSError(None, "it is no file", str(path))
    with path.open("rb") as file:
        found = file.read(BYTES_MAX + 1)
    if len(found) > BYTES_MAX:
        raise Misconfigured(f"{path} is no file of secrets: it has more than {BYTES_MAX:,} bytes")
    return found


def is_world_readable(path: Path) -> bool:
    """Whether every user of the host may read a file, through every folder above it. Not for one that is gone."""
    try:
        whole = path.resolve()
        is_reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in whole.parents)
        return bool(is_reachable and whole.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
