"""Fuzzing of decode and fold: `make fuzz ARGS="--seconds 600"`. Coverage-guided with atheris, where that installs."""
