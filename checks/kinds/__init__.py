"""Kinds of check: for each, what a catalogue may ask and what a row of its evidence holds. One module for each kind."""
