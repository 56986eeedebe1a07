"""Asking a worker about one user: what its tables say, over HTTP on loopback, whichever worker owns the user."""
