"""Metrics that no panel shows, each with its reason. A test holds this list against the panels."""

UNSEEN: dict[str, str] = {}
