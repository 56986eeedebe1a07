"""Doors that ask, from a full queue to acknowledged."""
