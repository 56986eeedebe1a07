"""Marks of a series, and the episodes that follow from them. Pure."""
