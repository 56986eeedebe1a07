"""Commands that print figures: `python -m benchmarks` lists them, `python -m benchmarks NAME` runs one."""
