"""A body as bytes: what is broken in its JSON, how much it may hold, which of its names may be shown. Pure."""
