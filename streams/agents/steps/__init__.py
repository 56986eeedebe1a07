"""Steps that folds share.

- `folding`: from a record to the step of its family; `incoming`: the one value that steps work on.
- `provenance`: what a raw record says of its delivery. `outlet`: encodes and emits to clean topics.
- `entities`, `deliveries`: an event with a key of its own, and one that is known by its delivery id.
- `sample_records`, `sample_chunks`: the records of a batch of samples.
- `common_fields`, `labels`: what all clean records share, and what metrics call them.
- `connection_rows`, `backfill_rows`, `fetch_requests`: state that several folds write.
- `day_preferences`, `summary_repeats`, `hour_preferences`: which of several sources is preferred.
- `zones`, `drift`, `signs_of_life`: side effects of data events.
"""
