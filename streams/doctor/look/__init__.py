"""Asks one system each, and has the answer judged. Raises Misconfigured, Unavailable."""
