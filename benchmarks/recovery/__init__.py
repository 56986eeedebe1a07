"""How long a stop lasts: what is started, killed and read back for `python -m benchmarks recovery`."""
