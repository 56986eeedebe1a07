"""docs/rights.md: its tables are what the roles' rights are."""

from docs.make import rights
from streams.events.parts import Part

TEXT = rights.PAGE.read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    """Its tables are what `make docs` writes; the sentences around it stay."""
    assert rights.page(TEXT) == TEXT
    assert rights.BEGIN in TEXT
    assert TEXT.rstrip().endswith("resource.")


def test_every_role_has_a_row() -> None:
    """A role without one is a login that nobody knows of."""
    assert [f"| `{part}` |" in TEXT for part in Part] == [True] * len(Part)
