"""Two people to whom something happens: the glucose of one falls, the other goes silent.

`truth.alarms` says which alerts must follow. They come on top of a world's users: everything else in it stays as it is.
"""

from collections.abc import Iterator
from dataclasses import replace

from streams.events import HOUR_MS, MINUTE_MS
from streams.simulator.people.links import Link
from streams.simulator.people.population import Person, Story
from streams.simulator.people.providers import DEXCOM
from streams.simulator.randomness import key_of

LOW_BELOW, CALM_ABOVE, RUN_MS = 3.9, 4.4, 15 * MINUTE_MS
SILENT_MS = 12 * HOUR_MS
RULES = """\
# The rules of the demo. docs/alerts.md explains them; deploy/alerts has more, with their sources.
[[rule]]
name = "glucose-low"
kind = "threshold"
resource = "glucose"
below = "3.9 mmol/L"
clear_above = "4.4 mmol/L"
samples = 2
within = "15m"
severity = "critical"
summary = "Glucose below 3.9 mmol/L in two samples"

[[rule]]
name = "glucose-silent"
kind = "silence"
resource = "glucose"
longer_than = "12h"
summary = "No glucose for twelve hours"
"""


def people(end_ms: int, number: int, made: Person) -> Iterator[Person]:
    """The two, on the body of `made`. `number`: how many live in the world already."""
    falls = Story(low_ms=(end_ms - 90 * MINUTE_MS, end_ms - 60 * MINUTE_MS))
    silent = Story(away_ms=(end_ms - 30 * HOUR_MS, end_ms - HOUR_MS))
    for index, (name, story) in enumerate((("falls", falls), ("silent", silent)), number):
        user_id = made.new_id("story", name)
        link = Link(DEXCOM, DEXCOM.core, "", 20_000)
        yield replace(
            made, index=index, user_id=user_id, client_user_id=f"story-{name}", links=(link,), story=story,
            key=key_of("story", name, made.key),
        )  # fmt: skip
