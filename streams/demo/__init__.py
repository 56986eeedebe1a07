"""`demo`: everything on this machine, seen working and checked against the simulator's truth."""

from streams.demo.run import Options, run_demo

__all__ = ["Options", "run_demo"]
