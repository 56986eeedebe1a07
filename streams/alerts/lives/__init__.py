"""Alerts as they live: opened, corrected, resolved; whose they are and what was told. Pure."""
