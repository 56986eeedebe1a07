"""What several folds do with a record: decode, decide, join, emit."""
