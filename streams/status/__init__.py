"""What a worker answers about one user, from its own tables, and who asks for it."""
