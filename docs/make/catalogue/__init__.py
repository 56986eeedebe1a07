"""The catalogue of the clean topics, for people: `make docs` writes docs/catalogue.md."""

from docs.make.catalogue.page import PATH, key_of, render
from docs.make.catalogue.words import ABOUT

__all__ = ["ABOUT", "PATH", "key_of", "render"]
