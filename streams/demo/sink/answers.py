"""What the tables answer: steps of each day, which the simulator knows, and three questions for a newcomer."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from streams.simulator.truth import rivals
from streams.simulator.truth.truth import Truth

Connection = psycopg.Connection[tuple[Any, ...]]
Day = tuple[str, str]  # user, day in UTC
_STEPS = """SELECT user_id, to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD'), sum(value)
FROM junction.steps_preferred GROUP BY 1, 2"""


class Steps(NamedTuple):
    """`days`: of one user, compared with the truth. `doubled`: those with two devices, where a plain sum is too much.
    `wrong`: other than what the person went."""

    days: int
    doubled: frozenset[Day]
    wrong: frozenset[Day]

    @property
    def is_right(self) -> bool:
        return self.days > 0 and not self.wrong


def steps(connection: Connection, truth: Truth) -> Steps:
    """Steps of each user and day by `junction.steps_preferred`, compared with the truth."""
    wanted, added_up = _steps_of(truth)
    found = {(user, day): float(value) for user, day, value in connection.execute(_STEPS.encode())}
    wrong = {key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)}
    doubled = {key for key in wanted if added_up[key] > wanted[key]}
    return Steps(len(wanted), frozenset(doubled), frozenset(wrong))


def _steps_of(truth: Truth) -> tuple[dict[Day, float], Counter[Day]]:
    """Of each day, of the source that counts; and of all sources together."""
    facts = [fact for fact in truth.newest.values() if fact.key[0] == "steps" and fact.rival]
    spans = rivals.spans(fact.rival for fact in facts if fact.rival)
    wanted, added_up = Counter[Day](), Counter[Day]()
    for fact in facts:
        day = fact.key[1], datetime.fromtimestamp(fact.key[4] / 1e6, UTC).date().isoformat()
        added_up[day] += fact.content[1]
        if fact.rival and rivals.best(spans[fact.rival.span]) == fact.rival.maker:
            wanted[day] += fact.content[1]
    return dict(wanted), added_up


class Question(NamedTuple):
    """`sql`: for `psql`, as it stands."""

    words: str
    sql: str


def questions(user_id: str) -> list[Question]:
    """Three that a newcomer understands. `user_id`: somebody with two devices."""
    return [
        Question(
            "How did people sleep last night?",
            "SELECT client_user_id, local_date, round(total_s / 3600.0, 1) AS hours, score, source_provider\n"
            "FROM junction.sleep_preferred WHERE local_date IS NOT NULL\n"
            "ORDER BY local_date DESC, client_user_id LIMIT 4",
        ),
        Question(
            "How many steps did somebody go who wears a watch and has a phone? steps_preferred counts each once.",
            "SELECT date(time AT TIME ZONE 'UTC') AS day, sum(value)::int AS steps\n"
            "FROM junction.steps_preferred WHERE user_id = '@user'\n"
            "GROUP BY day ORDER BY day DESC LIMIT 4".replace("@user", user_id),
        ),
        Question(
            "Whose heart beats how fast, and what says so?",
            "SELECT user_id, source_provider, source_type, avg(value)::int AS bpm, count(*) AS samples\n"
            "FROM junction.heartrate WHERE time > (SELECT max(time) FROM junction.heartrate) - interval '1 day'\n"
            "GROUP BY 1, 2, 3 ORDER BY samples DESC LIMIT 4",
        ),
    ]


class Answer(NamedTuple):
    """`columns`: names; `rows`: as text."""

    question: Question
    columns: list[str]
    rows: list[tuple[str, ...]]


def ask(connection: Connection, question: Question) -> Answer:
    """Asked of the tables."""
    cursor = connection.execute(question.sql.encode())
    names = [one.name for one in cursor.description or ()]
    return Answer(question, names, [tuple("" if one is None else str(one) for one in row) for row in cursor])
