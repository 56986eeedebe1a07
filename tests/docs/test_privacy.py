"""docs/privacy.md: its tables are what topics, tables and settings say."""

import re

from docs.make import privacy
from streams.agents.sweeps.expiry import SWEPT
from streams.events import topics
from streams.kafka import admin
from streams.ops.settings import Settings

TEXT = privacy.PAGE.read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    """Its tables are what `make docs` writes; the sentences around them stay."""
    assert privacy.page(TEXT) == TEXT
    assert privacy.BEGIN in TEXT
    assert TEXT.rstrip().endswith(".env`.")


def test_every_table_is_explained() -> None:
    """A table of the worker or the fetcher that the page does not know would keep health data unseen."""
    assert set(privacy.TABLES) == {*topics.TABLES, *topics.FETCH_TABLES}
    assert set(SWEPT) < set(privacy.TABLES)


def test_every_topic_is_named() -> None:
    """Each role of topics has a row; what is no resource is named."""
    names = {*topics.RAW, topics.DEAD_LETTERS, topics.ALERTS, topics.LABS, topics.HEARTBEATS, *topics.STATES}
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def rights() -> dict[str, str]:
    """Who → what, of the table of rights."""
    table = TEXT.partition("| who | may |")[2].partition("## Secrets")[0]
    rows = (line.split("|") for line in table.splitlines() if line.count("|") == 3)
    return {row[1].strip(): row[2] for row in rows}


def test_whoever_checks_the_layout_may_look_at_all_of_it() -> None:
    """A service that may not describe a topic takes it for missing, and does not start."""
    before = TEXT.partition("## Who needs which rights")[2].partition("| who | may |")[0]
    assert "Describe and DescribeConfigs" in before
    prefixes = tuple(re.findall(r"\(`([\w-]+[.-])`\)", before))
    assert all(topic.name.startswith(prefixes) for topic in admin.layout_of(Settings(_env_file=None)))


def test_every_current_state_has_a_writer() -> None:
    """A worker that may not write one of its topics cannot commit at all; each is named in exactly one row."""
    writers = {name: [who for who in ("worker", "fetcher") if f"`{name}`" in rights()[who]] for name in topics.STATES}
    expected = {name: ["worker"] for name in topics.STATES} | {topics.RECONCILIATIONS: ["fetcher"]}
    assert writers == expected


def test_tables_are_read_back_by_whoever_writes_them() -> None:
    """A right to write changelogs is none to restore from them; sources and queues are readable to their readers."""
    assert "read and write its changelogs" in rights()["worker"]
    assert "read and write its changelog;" in rights()["fetcher"]
    reads = rights()["worker"].partition("write")[0]
    assert all(f"`{name}`" in reads for name in topics.SOURCES if name not in topics.RAW)
