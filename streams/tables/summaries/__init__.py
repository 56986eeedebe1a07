"""Rows of summaries, packed: the fields of a schema by position, numbers two characters a byte. Pure.

packed_numbers  numbers as bytes
layouts         which field has which position
short_texts     ids and known words, shorter than their text
repeated        what of a summary is kept beside its content, so that its record can be emitted again
packed_row      the row as it is written
json_row        the row as it was written before
form            a summary as `judge` compares and stores it
"""

from streams.tables.summaries.form import Place, StoredSummary, SummaryForm, read
from streams.tables.summaries.repeated import RepeatFields

__all__ = ["Place", "RepeatFields", "StoredSummary", "SummaryForm", "read"]
