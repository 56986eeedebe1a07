"""The HTTP door: verify, name, store, and only then say yes."""

from connectors.webhook.app import build_app
from connectors.webhook.serve import run

__all__ = ["build_app", "run"]
