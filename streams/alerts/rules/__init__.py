"""Rules as values: what may be said in a rules file, and what it means. Pure."""
