"""The catalogue of the clean topics, for people: `python -m streams.catalogue` writes docs/catalogue.md."""

from streams.catalogue.page import PATH, render

__all__ = ["PATH", "render"]
