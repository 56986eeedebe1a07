"""docs/sinks.md: its SQL runs, and the answers are those that it shows."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.connectors.postgres.questions import PAGE, answer, fill, questions
from tests.connectors.postgres.sinking import Target, with_tables


@pytest.fixture(scope="module")
def filled(postgres_server: str) -> Iterator[Target]:
    """The world of the page, in tables."""
    with closing(Target(with_tables(postgres_server))) as target:
        fill(target)
        yield target


def test_there_are_ten() -> None:
    """As the page says."""
    assert len(list(questions())) == 10


@pytest.mark.parametrize("query", [query for query, _ in questions()], ids=range(1, 11))
def test_a_question_has_the_answer_of_the_page(filled: Target, query: str) -> None:
    """Somebody who copies it gets that; an empty answer would teach nothing."""
    found = answer(filled.url, query)
    assert found == dict(questions())[query]
    assert found.count("\n") > 1


def test_the_line_that_ranks_is_taken(filled: Target) -> None:
    """What the page tells a team to insert changes what counts."""
    [line] = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("INSERT")]
    filled.run(line)
    assert filled.run("SELECT rank FROM junction.source_priority WHERE provider = 'oura'") == [(0,)]
