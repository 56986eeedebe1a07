"""`python -m streams.cli`: the same as the console script."""

from streams.cli import main

main()
