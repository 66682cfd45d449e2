"""Telling people: what is told, to whom and when, from what stands now and what was told before."""
