"""docs/privacy.md: its tables are what topics, tables and settings say."""

from docs.make import privacy
from streams.agents.sweeps.expiry import SWEPT
from streams.events import topics

TEXT = privacy.PAGE.read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    """Its tables are what `make docs` writes; the sentences around them stay."""
    assert privacy.page(TEXT) == TEXT
    assert privacy.BEGIN in TEXT
    assert TEXT.rstrip().endswith("secrets.sh`.")


def test_every_table_is_explained() -> None:
    """A table of the worker or the fetcher that the page does not know would keep health data unseen."""
    assert set(privacy.TABLES) == {*topics.TABLES, *topics.FETCH_TABLES}
    assert set(SWEPT) < set(privacy.TABLES)


def test_every_topic_is_named() -> None:
    """Each role of topics has a row; what is no resource is named."""
    names = {*topics.RAW, topics.DEAD_LETTERS, topics.ALERTS, topics.LABS, topics.HEARTBEATS, *topics.STATES}
    assert [name for name in names if f"`{name}`" not in TEXT] == []
