"""Conducts: flows, settings, wiring and the command line; no business rules."""
