"""A rules file tried on the records that are there: what would have fired."""
