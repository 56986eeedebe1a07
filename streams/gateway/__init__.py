"""The HTTP door: verify, name, store, and only then say yes."""

from streams.gateway.app import build_app
from streams.gateway.serve import run

__all__ = ["build_app", "run"]
