"""The index of lineage, measured: `python -m benchmarks lineage`."""
