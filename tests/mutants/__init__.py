"""Mutation testing of pure rooms: does a test notice when a line is changed? `make mutants`; no part of `make test`."""
