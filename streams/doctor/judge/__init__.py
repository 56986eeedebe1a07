"""Facts in, lines out: what is right, what to look at, what is wrong, and what to change. Pure."""
