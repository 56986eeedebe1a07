"""Libraries that only some need."""

import importlib.util

from streams.ops.errors import Misconfigured


def need(module: str, extra: str) -> None:
    """Raises Misconfigured where a door's library is not installed. `extra`: of this package."""
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # not even what is in front of its dot
        found = None
    if found is None:
        raise Misconfigured(f"this door needs {module}: run `pip install 'junction-streams[{extra}]'`")
