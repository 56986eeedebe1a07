"""A letter that was put back, and of whose record nothing is known yet: what can be said of it. Pure."""

from streams.lineage.delivery.arrival_steps import letter_of
from streams.lineage.delivery.door_steps import arrivals_of
from streams.lineage.delivery.facts import DeliveryFacts, LetterSeen, known
from streams.lineage.row import LineageRow


def put_back(facts: DeliveryFacts) -> LetterSeen | None:
    """The letter on which the answer hangs; None where something newer is known of the delivery."""
    arrivals, letters = arrivals_of(facts), known(facts.letters)
    if arrivals:
        row = arrivals[-1].row
        last = last_letter(row, facts) if row is not None and row.is_dead else None
    else:
        last = letters[-1] if letters else None
    return last if last is not None and last.letter.redriven_ms else None


def last_letter(row: LineageRow, facts: DeliveryFacts) -> LetterSeen | None:
    """The letter that was made of a row's record, or one that it became when it had been put back."""
    own, letters = letter_of(row, facts), known(facts.letters)
    if own is not None and own.letter.redriven_ms and letters[-1].letter.dead_ms >= own.letter.redriven_ms:
        return letters[-1]
    return own
