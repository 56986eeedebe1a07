"""Each user's past: asked for, fetched, compared."""
