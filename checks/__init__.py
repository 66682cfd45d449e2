"""Judges: what evidence is, what is expected of it, and what it adds up to; no I/O, no clock."""
