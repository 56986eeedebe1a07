"""The catalogue of the clean topics, for people: `make docs` writes docs/catalogue.md."""

from docs.make.catalogue.page import PATH, render

__all__ = ["PATH", "render"]
