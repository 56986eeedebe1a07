"""Whether it is there after all. Pure."""

from streams.lineage import words
from streams.lineage.data.touching import came_ms, place_words, verdicts_of
from streams.lineage.why.facts import WhyFacts
from streams.lineage.why.finding import CauseFinding, no, yes


def here(facts: WhyFacts) -> CauseFinding:
    """Whether it is there. The newest delivery of it is the evidence."""
    rows = facts.there
    if not rows:
        return no(f"No {facts.of_what} is in the clean topics, as far as rows go back.")
    newest = rows[-1]
    said = words.names(sorted(verdicts_of(newest)))
    providers = sorted({row.provider for row in rows if row.provider})
    return yes(
        f"It is there: {words.count(len(rows), 'delivery', 'deliveries')} brought {facts.of_what} "
        f"from {words.names(providers) or 'an unknown provider'}, the newest at "
        f"{words.moment(came_ms(newest))} ({said}).",
        newest.delivery_id, place_words(newest),
        at_ms=came_ms(newest), providers=providers, deliveries=len(rows),
    )  # fmt: skip
