"""Fuzzing of every parser that reads the outside world: `python -m tests.fuzz [--minutes N] [PARSER…]`."""
