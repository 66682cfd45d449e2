"""The ways a comparison can be made; `choice.py` picks one, `reference.py` works for any two sides."""
