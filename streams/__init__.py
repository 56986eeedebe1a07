"""junction-streams: Junction's webhooks on Kafka, verified, deduplicated, enriched, exactly once."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("junction-streams")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
