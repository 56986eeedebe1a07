"""Fetching history: what is asked for, what has been got, and how it goes on. Pure values and rules, no I/O."""
