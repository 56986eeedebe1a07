"""Tables on disk and their restore from the changelogs."""
