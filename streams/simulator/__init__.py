"""The fake Junction: a seeded world of users, its deliveries over HTTP with faults, and the truth to compare with."""
