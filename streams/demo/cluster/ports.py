"""Loopback ports: the ones of last time when they are still free, so that exported addresses stay true."""

import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the range that Linux (32768) and macOS (49152) take outgoing ports from: no client can steal one between a
# stop and a restart.
_FIRST, _LAST = 20_000, 32_767


def choose(names: Sequence[str], book: Path) -> dict[str, int]:
    """A free port for each name. `book` (JSON) remembers them for the next start."""
    remembered = _read(book)
    ports: dict[str, int] = {}
    for name in names:
        port = remembered.get(name, 0)
        while not port or port in ports.values() or not is_free(port):
            port = random_free()
        ports[name] = port
    book.write_text(json.dumps(ports))
    return ports


def random_free() -> int:
    """A port that is free now; one of so many that two who ask at once hardly ever get the same."""
    while not is_free(port := random.randint(_FIRST, _LAST)):
        pass
    return port


def _read(book: Path) -> dict[str, int]:
    try:
        remembered: dict[str, int] = json.loads(book.read_text())
    except (OSError, ValueError):  # none yet, or its writer was killed
        return {}
    return remembered


def is_free(port: int) -> bool:
    """Whether a server could listen there now; a connection in TIME_WAIT does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def listening(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
