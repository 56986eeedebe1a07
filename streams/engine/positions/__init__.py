"""Where in the log a worker stands, and which part of it is its own. Pure."""
