"""Write every page of docs/ that is made from the code anew: `make docs`."""

from pathlib import Path

from docs.make import asyncapi, catalogue, configuration, metrics, openapi, privacy, rights
from tests.consumers import page as consumers


def _pages() -> dict[Path, str]:
    """Each page's path and its text as of today."""
    return {
        asyncapi.PATH: asyncapi.render(),
        catalogue.PATH: catalogue.render(),
        configuration.PAGE: configuration.page(),
        **{path: consumers.filled(path.read_text(encoding="utf-8")) for path in consumers.PATHS},
        metrics.PAGE: metrics.page(),
        openapi.PATH: openapi.render(),
        privacy.PAGE: privacy.page(privacy.PAGE.read_text(encoding="utf-8")),
        rights.PAGE: rights.page(rights.PAGE.read_text(encoding="utf-8")),
    }


for path, text in _pages().items():
    before = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    print(f"{'unchanged' if text == before else 'wrote'} {path.name}")
